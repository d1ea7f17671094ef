//! Clusters on this machine, and how an image gets into the nodes of one.
//!
//! | file | knows |
//! |---|---|
//! | `name` | what a user calls a cluster: `kind`, `k3d:dev` |
//! | `find` | which containers are the nodes of which cluster |
//! | `runtime` | what runs containers in a node, and the commands by which it takes an image and tells those it has |
//! | `load` | one image after the other into every node that lacks it |
//! | `transfer` | one archive to several nodes at once |
//! | `minikube` | clusters that are no containers, through minikube's own command |

mod find;
mod load;
mod minikube;
mod name;
mod runtime;
#[cfg(test)]
mod tests;
mod transfer;

use std::time::Duration;

use crate::engine::Node;

pub(crate) use find::{FindError, find};
pub(crate) use load::load;
pub(crate) use name::{ClusterName, Tool};

/// A cluster that was found.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) name: ClusterName,
    pub(crate) reach: Reach,
}

/// How images get into a cluster.
#[derive(Debug)]
pub(crate) enum Reach {
    /// Through the engine, into containers.
    Nodes(Vec<Node>),
    /// Through minikube's command, into whatever machine it made.
    Minikube,
}

/// What is told while images are loaded.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// The archive of an image is on its way to so many nodes. Its size is what the engine thinks it is.
    Started {
        image: &'a str,
        nodes: usize,
        size: Option<u64>,
    },
    /// So much of it is sent by now.
    Sent {
        image: &'a str,
        bytes: u64,
    },
    /// It has arrived, or not, in every node.
    Ended {
        image: &'a str,
    },
    Loaded {
        image: &'a str,
        node: &'a str,
        bytes: u64,
        elapsed: Duration,
    },
    /// The node has it already, under this name.
    Present {
        image: &'a str,
        node: &'a str,
    },
    /// The node did not take it, or, where no image is named, cannot take any.
    Failed {
        image: Option<&'a str>,
        node: &'a str,
        reason: &'a str,
        output: &'a str,
    },
}
