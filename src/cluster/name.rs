//! What a user calls a cluster.

use std::fmt;
use std::str::FromStr;

/// What makes clusters on one's own machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Kind,
    K3d,
    Minikube,
}

impl Tool {
    pub(crate) const ALL: [Self; 3] = [Self::Kind, Self::K3d, Self::Minikube];

    /// The label that the tool gives to the containers that are its nodes; its value is the cluster's name.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Kind => "io.x-k8s.kind.cluster",
            Self::K3d => "k3d.cluster",
            Self::Minikube => "name.minikube.sigs.k8s.io",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kind => "kind",
            Self::K3d => "k3d",
            Self::Minikube => "minikube",
        })
    }
}

/// `kind:dev`, or `kind` for the only one there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClusterName {
    pub(crate) tool: Tool,
    pub(crate) name: Option<String>,
}

impl FromStr for ClusterName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (tool, name) = text.split_once(':').map_or((text, None), |(tool, name)| (tool, Some(name)));
        let known = Tool::ALL.into_iter().find(|known| known.to_string() == tool);
        let Some(tool) = known else {
            return Err(format!(
                "`{text}` names no cluster: say kind[:NAME], k3d[:NAME] or minikube[:PROFILE]"
            ));
        };
        match name {
            Some("") => Err(format!("`{text}` has no name behind the colon")),
            name => Ok(Self { tool, name: name.map(str::to_owned) }),
        }
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}:{name}", self.tool),
            None => write!(f, "{}", self.tool),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_by_its_tool_and_its_name() {
        for text in ["kind", "kind:dev", "k3d:a-b", "minikube:minikube"] {
            assert_eq!(text.parse::<ClusterName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_cluster_is_told_what_would_be() {
        let error = "docker-desktop".parse::<ClusterName>().unwrap_err();
        assert!(error.contains("kind[:NAME]"), "{error}");
        assert!("kind:".parse::<ClusterName>().unwrap_err().contains("behind the colon"));
    }
}
