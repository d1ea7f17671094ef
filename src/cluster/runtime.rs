//! What runs containers in a node: how it is found out, how it tells which images it has, and how it takes one.

use serde_json::Value as Json;

use super::Tool;
use super::load::Load;
use crate::archive::Name;
use crate::engine::{Docker, EngineError, Execution, Image, Node};

/// Which runtime the kubelet of a node uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runtime {
    Containerd,
    Docker,
    CriO,
}

/// Why a node does not do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: String,
    /// What its command printed.
    pub(super) output: String,
}

impl Refusal {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), output: String::new() }
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        Self::because(error.to_string())
    }
}

/// containerd's own command, in the namespace that Kubernetes uses. k3s has it under the same name.
const CTR: [&str; 3] = ["ctr", "--namespace=k8s.io", "images"];

impl Runtime {
    /// Nodes of kind and k3d have containerd. Minikube's have what was asked for, and its address in crictl's settings.
    pub(super) async fn of(engine: &Docker, tool: Tool, node: &Node) -> Result<Self, Refusal> {
        if tool != Tool::Minikube {
            return Ok(Self::Containerd);
        }
        let settings = ask(engine, node, &["cat", "/etc/crictl.yaml"]).await?;
        Self::by_endpoint(&settings).ok_or_else(|| Refusal {
            reason: "its /etc/crictl.yaml names no runtime that is known here (containerd, docker, cri-o)"
                .to_owned(),
            output: settings,
        })
    }

    fn by_endpoint(settings: &str) -> Option<Self> {
        let endpoint = settings.lines().find_map(|line| line.trim().strip_prefix("runtime-endpoint:"))?;
        match endpoint {
            endpoint if endpoint.contains("dockerd") || endpoint.contains("dockershim") => Some(Self::Docker),
            endpoint if endpoint.contains("crio") => Some(Self::CriO),
            endpoint if endpoint.contains("containerd") => Some(Self::Containerd),
            _ => None,
        }
    }

    /// Which of the images the node has under the name that it should have.
    pub(super) async fn present(
        self,
        engine: &Docker,
        node: &Node,
        images: &[Load<'_>],
    ) -> Result<Vec<bool>, Refusal> {
        let Self::Containerd = self else {
            let mut present = Vec::new();
            for Load { name, image, .. } in images {
                present.push(self.inspected_id(engine, node, name).await?.as_deref() == Some(hex(&image.id)));
            }
            return Ok(present);
        };
        let listing = ask(engine, node, &[&CTR[..], &["ls"]].concat()).await?;
        let mut present = Vec::new();
        for Load { name, image, .. } in images {
            let answer = match Listed::of(&listing, name, image) {
                Listed::Same => true,
                Listed::Other => false,
                Listed::Manifest(digest) => {
                    config_of(engine, node, digest).await.as_deref() == Some(&image.id)
                }
            };
            present.push(answer);
        }
        Ok(present)
    }

    /// The id of the image that has a name, without `sha256:`, as docker and podman tell it.
    async fn inspected_id(
        self,
        engine: &Docker,
        node: &Node,
        name: &Name,
    ) -> Result<Option<String>, Refusal> {
        let command = if self == Self::Docker { "docker" } else { "podman" };
        let name = name.to_string();
        let done =
            engine.execute(node, &[command, "image", "inspect", "--format={{.Id}}", &name], None).await?;
        match done.succeeded() {
            true => Ok(Some(hex(done.stdout.trim()).to_owned())),
            false if is_missing(&done) => Err(refusal(command, &done)),
            false => Ok(None),
        }
    }

    /// The command by which the node takes an archive on its standard input.
    pub(super) async fn importing(
        self,
        engine: &Docker,
        tool: Tool,
        node: &Node,
        name: &Name,
    ) -> Result<Vec<String>, Refusal> {
        match self {
            Self::Docker if name.tag().is_none() => {
                Err(Refusal::because(format!("its docker takes no image under a digest, as {name} is")))
            }
            Self::Docker => Ok(words(&["docker", "load"])),
            Self::CriO => Ok(words(&["podman", "load"])),
            Self::Containerd => {
                let mut command = words(&[&CTR[..], &["import"]].concat());
                // Without it ctr unpacks for overlayfs, which the kubelet of a node with another one never looks at.
                let snapshotter = snapshotter(engine, tool, node).await;
                command.extend(snapshotter.map(|snapshotter| format!("--snapshotter={snapshotter}")));
                command.push("-".to_owned());
                Ok(command)
            }
        }
    }

    /// The same command for an image of another platform than the node's, which it can run by emulation; `None` where
    /// that is not what was refused.
    ///
    /// Not at first: of an image of several platforms, an engine with containerd's image store exports those that it
    /// has, and the import of all fails for the others.
    pub(super) fn otherwise(command: &[String], refusal: &Refusal) -> Option<Vec<String>> {
        const ALL: [&str; 2] = ["--all-platforms", "--digests"];
        let about_platforms =
            ["no match for platform", "filtered out"].iter().any(|text| refusal.output.contains(text));
        let import = command.iter().position(|word| word == "import")?;
        let asked = command.iter().any(|word| word == ALL[0]);
        if !about_platforms || asked {
            return None;
        }
        let (before, after) = command.split_at(import + 1);
        Some([before, &words(&ALL), after].concat())
    }
}

/// What containerd's listing says of an image.
#[derive(Debug, PartialEq, Eq)]
enum Listed<'a> {
    Same,
    Other,
    /// The name is there, for this manifest; whose image that is, it does not say.
    Manifest(&'a str),
}

impl<'a> Listed<'a> {
    /// A line has a name, a type and the digest of a manifest. Where the kubelet's interface runs, each image is also
    /// listed under its id, with the same manifest. Of an engine with containerd's image store, the id is a manifest's.
    ///
    /// Names are written once all of the content is there, so that a broken import leaves none.
    fn of(listing: &'a str, name: &Name, image: &Image) -> Self {
        let rows = || {
            listing.lines().skip(1).filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?, words.nth(1)?))
            })
        };
        let name = name.to_string();
        let Some((_, manifest)) = rows().find(|(reference, _)| *reference == name) else {
            return Self::Other;
        };
        let has_ids = || rows().any(|(reference, _)| reference.starts_with("sha256:"));
        match manifest == image.id || rows().any(|row| row == (&image.id, manifest)) {
            true => Self::Same,
            false if has_ids() => Self::Other,
            false => Self::Manifest(manifest),
        }
    }
}

/// The id of the image that a manifest in a node describes.
async fn config_of(engine: &Docker, node: &Node, manifest: &str) -> Option<String> {
    let command = ["ctr", "--namespace=k8s.io", "content", "get", manifest];
    let manifest: Json = serde_json::from_str(&ask(engine, node, &command).await.ok()?).ok()?;
    Some(manifest.get("config")?.get("digest")?.as_str()?.to_owned())
}

/// Which snapshotter the kubelet's images are unpacked for; `None` where that cannot be found out.
async fn snapshotter(engine: &Docker, tool: Tool, node: &Node) -> Option<String> {
    let settings = match tool {
        Tool::K3d => &["cat", "/var/lib/rancher/k3s/agent/etc/containerd/config.toml"][..],
        Tool::Kind | Tool::Minikube => &["containerd", "config", "dump"],
    };
    named_snapshotter(&ask(engine, node, settings).await.ok()?)
}

/// The setting of the plugin that is the kubelet's interface: of containerd 1, then of 2.
fn named_snapshotter(settings: &str) -> Option<String> {
    const SECTIONS: [&str; 2] =
        ["plugins.io.containerd.grpc.v1.cri.containerd", "plugins.io.containerd.cri.v1.images"];
    let mut section = String::new();
    for line in settings.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.replace(['"', '\''], "");
        } else if let Some((key, value)) = line.split_once('=')
            && key.trim() == "snapshotter"
            && SECTIONS.contains(&section.as_str())
        {
            let value = value.trim().trim_matches(['"', '\'']);
            return (!value.is_empty()).then(|| value.to_owned());
        }
    }
    None
}

/// What a command in a node prints.
async fn ask(engine: &Docker, node: &Node, command: &[&str]) -> Result<String, Refusal> {
    let done = engine.execute(node, command, None).await?;
    if done.succeeded() { Ok(done.stdout) } else { Err(refusal(command[0], &done)) }
}

/// Why a command did not do what it should.
pub(super) fn refusal(command: &str, done: &Execution) -> Refusal {
    match is_missing(done) {
        true => Refusal {
            reason: format!("there is no `{command}` in it, so it is no node of this kind"),
            output: String::new(),
        },
        false => Refusal {
            reason: format!("`{command}` failed there with exit code {}", done.code),
            output: done.output(),
        },
    }
}

/// Engines say in different ways that there is no such command.
fn is_missing(done: &Execution) -> bool {
    let output = done.output();
    matches!(done.code, 126 | 127) && ["not found", "no such file"].iter().any(|text| output.contains(text))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn hex(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
REF TYPE DIGEST SIZE PLATFORMS LABELS
docker.io/acme/x:1 application/vnd.oci.image.manifest.v1+json sha256:m1 2.0 MiB linux/amd64 io.cri-containerd.image=managed
docker.io/acme/y:1 application/vnd.oci.image.manifest.v1+json sha256:m2 2.0 MiB linux/amd64 io.cri-containerd.image=managed
";
    const IDS: &str = "\
sha256:i1 application/vnd.oci.image.manifest.v1+json sha256:m1 2.0 MiB linux/amd64 io.cri-containerd.image=managed
sha256:i3 application/vnd.oci.image.manifest.v1+json sha256:m3 2.0 MiB linux/amd64 io.cri-containerd.image=managed
";

    fn listed<'a>(listing: &'a str, name: &str, id: &str) -> Listed<'a> {
        Listed::of(listing, &Name::of(name), &Image { id: id.to_owned(), user: String::new() })
    }

    #[test]
    fn an_image_is_there_when_its_name_and_its_id_have_one_manifest() {
        let listing = format!("{LISTING}{IDS}");
        assert_eq!(listed(&listing, "acme/x:1", "sha256:i1"), Listed::Same);
        assert_eq!(listed(&listing, "acme/x:2", "sha256:i1"), Listed::Other, "under another name");
        assert_eq!(listed(&listing, "acme/x:1", "sha256:i3"), Listed::Other, "the name is another image's");
        assert_eq!(listed(&listing, "acme/y:1", "sha256:i2"), Listed::Other);
    }

    #[test]
    fn the_id_of_an_engine_with_containerds_store_is_the_manifests() {
        assert_eq!(listed(LISTING, "acme/x:1", "sha256:m1"), Listed::Same);
    }

    #[test]
    fn without_ids_the_manifest_has_to_be_asked() {
        assert_eq!(listed(LISTING, "acme/x:1", "sha256:i1"), Listed::Manifest("sha256:m1"));
        assert_eq!(listed(LISTING, "acme/z:1", "sha256:i1"), Listed::Other);
    }

    #[test]
    fn minikubes_runtime_is_known_by_its_endpoint() {
        for (socket, expected) in [
            ("/var/run/cri-dockerd.sock", Some(Runtime::Docker)),
            ("/run/containerd/containerd.sock", Some(Runtime::Containerd)),
            ("/var/run/crio/crio.sock", Some(Runtime::CriO)),
            ("/run/other.sock", None),
        ] {
            let settings = format!("runtime-endpoint: unix://{socket}\nimage-endpoint: unix://{socket}\n");
            assert_eq!(Runtime::by_endpoint(&settings), expected, "{socket}");
        }
    }

    #[test]
    fn the_snapshotter_is_the_one_of_the_kubelets_plugin() {
        let one = "[plugins.\"io.containerd.grpc.v1.cri\".containerd]\n  snapshotter = \"fuse-overlayfs\"\n";
        let two = "[plugins.'io.containerd.cri.v1.images']\n  snapshotter = 'native'\n";
        let other = "[plugins.\"io.containerd.transfer.v1.local\"]\n  snapshotter = \"x\"\n";
        assert_eq!(named_snapshotter(&format!("{other}{one}")).as_deref(), Some("fuse-overlayfs"));
        assert_eq!(named_snapshotter(&format!("{two}{other}")).as_deref(), Some("native"));
        assert_eq!(named_snapshotter(other), None);
    }

    #[test]
    fn all_platforms_are_taken_where_one_does_not_match_and_once() {
        let refusal = |output: &str| Refusal { reason: String::new(), output: output.to_owned() };
        let unlike = refusal("ctr: image config: no match for platform in manifest sha256:01: not found");
        let command = words(&["ctr", "images", "import", "-"]);
        let all = Runtime::otherwise(&command, &unlike).unwrap();
        assert_eq!(all, ["ctr", "images", "import", "--all-platforms", "--digests", "-"]);
        assert_eq!(Runtime::otherwise(&all, &unlike), None);
        assert_eq!(Runtime::otherwise(&command, &refusal("ctr: no space left on device")), None);
        assert_eq!(Runtime::otherwise(&words(&["docker", "load"]), &unlike), None);
    }
}
