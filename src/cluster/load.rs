//! One image after the other into every node that lacks it.

use std::cell::Cell;
use std::time::Instant;

use futures_util::future::join_all;

use super::runtime::{Refusal, Runtime};
use super::transfer::{Recipient, transfer, transfer_to};
use super::{Cluster, Event, Reach, Tool, minikube};
use crate::archive::Name;
use crate::engine::{Docker, Image, Node};

/// Puts images of the engine into every node of a cluster, each under the name that its reference stands for there.
///
/// What a node has already is not sent again, and no name in the engine is touched. Whatever happens is told as events;
/// the answer is whether every node has every image now. When this is dropped, nothing is left behind: a node's
/// command ends with its input, and takes no archive that is not whole.
pub(crate) async fn load(
    engine: &Docker,
    cluster: &Cluster,
    images: &[(String, Image)],
    on_event: &dyn Fn(Event<'_>),
) -> bool {
    let loader = Loader { engine, tool: cluster.name.tool, on_event, failed: Cell::new(false) };
    let images = images.iter().map(|(reference, image)| Load { reference, name: Name::of(reference), image });
    let images: Vec<Load<'_>> = images.collect();
    match &cluster.reach {
        Reach::Nodes(nodes) => loader.fill(nodes, &images).await,
        Reach::Minikube => {
            let profile = cluster.name.name.as_deref().unwrap_or_default();
            loader.hand_to_minikube(profile, &images).await;
        }
    }
    !loader.failed.get()
}

/// An image of the engine, and what a cluster is to know it by.
pub(super) struct Load<'a> {
    reference: &'a str,
    pub(super) name: Name,
    pub(super) image: &'a Image,
}

/// A node that can take images, and which it has.
struct Ready<'a> {
    node: &'a Node,
    runtime: Runtime,
    present: Vec<bool>,
}

struct Loader<'a> {
    engine: &'a Docker,
    tool: Tool,
    on_event: &'a dyn Fn(Event<'_>),
    failed: Cell<bool>,
}

impl Loader<'_> {
    async fn fill(&self, nodes: &[Node], images: &[Load<'_>]) {
        let asked = join_all(nodes.iter().map(|node| self.ask(node, images))).await;
        let mut ready = Vec::new();
        for (node, answer) in nodes.iter().zip(asked) {
            match answer {
                Ok(node) => ready.push(node),
                Err(refusal) => self.fail(None, &node.name, &refusal),
            }
        }
        for (index, load) in images.iter().enumerate() {
            let (have, lack): (Vec<&Ready<'_>>, Vec<_>) = ready.iter().partition(|node| node.present[index]);
            for ready in have {
                (self.on_event)(Event::Present { image: load.reference, node: &ready.node.name });
            }
            if !lack.is_empty() {
                self.started(load, lack.len()).await;
                self.supply(&lack, load).await;
                (self.on_event)(Event::Ended { image: load.reference });
            }
        }
    }

    /// Which images a node has.
    async fn ask<'a>(&self, node: &'a Node, images: &[Load<'_>]) -> Result<Ready<'a>, Refusal> {
        if !node.runs() {
            let how = if node.state == "paused" { "unpause" } else { "start" };
            let mend = format!("`docker {how} {}`", node.name);
            return Err(Refusal::because(format!("it is {}, so it takes no images: {mend}", node.state)));
        }
        let runtime = Runtime::of(self.engine, self.tool, node).await?;
        let present = runtime.present(self.engine, node, images).await?;
        Ok(Ready { node, runtime, present })
    }

    /// Sends an image to the nodes that lack it.
    async fn supply(&self, lack: &[&Ready<'_>], load: &Load<'_>) {
        let commands =
            lack.iter().map(|ready| ready.runtime.importing(self.engine, self.tool, ready.node, &load.name));
        let mut recipients = Vec::new();
        for (ready, command) in lack.iter().zip(join_all(commands).await) {
            match command {
                Ok(command) => recipients.push(Recipient { node: ready.node, command }),
                Err(refusal) => self.fail(Some(load), &ready.node.name, &refusal),
            }
        }
        let again = self.send(recipients, load).await;
        self.send(again, load).await;
    }

    /// Sends an image; those are returned that may take it if they are asked otherwise.
    async fn send<'a>(&self, recipients: Vec<Recipient<'a>>, load: &Load<'_>) -> Vec<Recipient<'a>> {
        let mut again = Vec::new();
        if recipients.is_empty() {
            return again;
        }
        let sent = transfer(self.engine, load, &recipients, &|bytes| self.sent(load, bytes)).await;
        for (recipient, result) in recipients.into_iter().zip(sent.results) {
            let node = &recipient.node.name;
            match result {
                Ok(elapsed) => {
                    let bytes = sent.bytes;
                    (self.on_event)(Event::Loaded { image: load.reference, node, bytes, elapsed });
                }
                Err(refusal) => match Runtime::otherwise(&recipient.command, &refusal) {
                    Some(command) => again.push(Recipient { command, ..recipient }),
                    None => self.fail(Some(load), node, &refusal),
                },
            }
        }
        again
    }

    async fn hand_to_minikube(&self, profile: &str, images: &[Load<'_>]) {
        for load in images {
            self.started(load, 1).await;
            let start = Instant::now();
            let take = async |archive| minikube::load(profile, archive).await;
            match transfer_to(self.engine, load, &|bytes| self.sent(load, bytes), take).await {
                Ok(bytes) => {
                    let elapsed = start.elapsed();
                    (self.on_event)(Event::Loaded { image: load.reference, node: profile, bytes, elapsed });
                }
                Err(refusal) => self.fail(Some(load), profile, &refusal),
            }
            (self.on_event)(Event::Ended { image: load.reference });
        }
    }

    async fn started(&self, load: &Load<'_>, nodes: usize) {
        let size = self.engine.size(load.image).await.ok().flatten();
        (self.on_event)(Event::Started { image: load.reference, nodes, size });
    }

    fn sent(&self, load: &Load<'_>, bytes: u64) {
        (self.on_event)(Event::Sent { image: load.reference, bytes });
    }

    fn fail(&self, load: Option<&Load<'_>>, node: &str, refusal: &Refusal) {
        let Refusal { reason, output } = refusal;
        (self.on_event)(Event::Failed { image: load.map(|load| load.reference), node, reason, output });
        self.failed.set(true);
    }
}
