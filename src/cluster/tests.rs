//! Archives as later engines write them, which the one of a test machine may not, against a real containerd.

use std::collections::HashMap;
use std::io::Read as _;
use std::process::Command;

use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use tar::{Archive, Builder, Header};
use tokio::sync::mpsc;

use super::runtime::{Runtime, refusal};
use crate::archive::{Name, named};
use crate::engine::{Choice, Docker, Execution, Node, Options, Surroundings, find};

/// A node of `fixtures/cluster-node`, removed at the end.
struct Container(Node);

impl Container {
    fn start() -> Self {
        let made = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster-node")).status();
        assert!(made.unwrap().success());
        let run = ["run", "--detach", "--cap-add", "SYS_ADMIN", "kratix-test-fixtures/node:1"];
        let id = String::from_utf8(docker(&run)).unwrap().trim().to_owned();
        let node = Node { name: id.clone(), id, labels: HashMap::new(), state: "running".to_owned() };
        let container = Self(node);
        let answers = || {
            let asked = Command::new("docker").args(["exec", &container.0.id, "ctr", "version"]).output();
            asked.unwrap().status.success()
        };
        let mut tries = 0;
        while !answers() {
            tries += 1;
            assert!(tries < 200, "containerd does not answer");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        container
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        docker(&["rm", "--force", "--volumes", &self.0.id]);
    }
}

fn docker(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

async fn engine() -> Docker {
    let around = Surroundings {
        variable: &|name| std::env::var(name).ok(),
        home: std::env::home_dir(),
        exists: &|path| path.exists(),
    };
    let address = find(Choice { host: None, context: None }, &around).unwrap();
    let options = Options {
        run: String::new(),
        scratch: std::path::PathBuf::new(),
        volumes_only: false,
        classic: false,
        credentials: crate::engine::Credentials::default(),
    };
    Docker::connect(&address, options, &crate::engine::Patience::NONE).await.unwrap()
}

/// The files of `docker save busybox:1.36`, by name.
fn saved() -> HashMap<String, Vec<u8>> {
    let archive = docker(&["save", "busybox:1.36"]);
    let mut archive = Archive::new(archive.as_slice());
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    });
    files.collect()
}

fn sha(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same image as Docker 25 and later save it by id: as an OCI layout, here for an architecture, with Docker's
/// manifest beside it.
fn layout(architecture: &str) -> Vec<u8> {
    let files = saved();
    let manifest: Json = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let layer = files[manifest[0]["Layers"][0].as_str().unwrap()].clone();
    let mut config: Json = serde_json::from_slice(&files[manifest[0]["Config"].as_str().unwrap()]).unwrap();
    config["architecture"] = json!(architecture);
    let config = serde_json::to_vec(&config).unwrap();
    let described = |kind: &str, bytes: &[u8]| {
        let media = format!("application/vnd.oci.image.{kind}");
        json!({"mediaType": media, "digest": format!("sha256:{}", sha(bytes)), "size": bytes.len()})
    };
    let described_layer = described("layer.v1.tar", &layer);
    let image = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described("config.v1+json", &config), "layers": [described_layer]});
    let image = serde_json::to_vec(&image).unwrap();
    let mut entry = described("manifest.v1+json", &image);
    entry["platform"] = json!({"os": "linux", "architecture": architecture});
    let path = |bytes: &[u8]| format!("blobs/sha256/{}", sha(bytes));
    let old = json!([{"Config": path(&config), "RepoTags": null, "Layers": [path(&layer)]}]);
    let files: [(String, Vec<u8>); 6] = [
        (path(&config), config.clone()),
        (path(&layer), layer.clone()),
        (path(&image), image.clone()),
        ("index.json".to_owned(), json!({"schemaVersion": 2, "manifests": [entry]}).to_string().into_bytes()),
        ("manifest.json".to_owned(), old.to_string().into_bytes()),
        ("oci-layout".to_owned(), br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec()),
    ];
    let mut builder = Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Imports an archive under a name, as a transfer does.
async fn import(engine: &Docker, node: &Node, command: &[&str], archive: Vec<u8>) -> Execution {
    let chunks: Vec<_> = archive.chunks(100_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let (pumping, mut renamed) = named(stream::iter(chunks), Name::of("acme/x:1"));
    let (sender, input) = mpsc::channel(8);
    let feeding = async {
        while let Some(Ok(chunk)) = renamed.recv().await {
            let _ = sender.send(chunk).await;
        }
        drop(sender);
    };
    let ((), (), done) = tokio::join!(pumping, feeding, engine.execute(node, command, Some(input)));
    done.unwrap()
}

const IMPORT: [&str; 6] = ["ctr", "--namespace=k8s.io", "images", "import", "--snapshotter=native", "-"];

async fn names(engine: &Docker, node: &Node) -> String {
    let list = ["ctr", "--namespace=k8s.io", "images", "ls", "-q"];
    engine.execute(node, &list, None).await.unwrap().stdout
}

#[tokio::test]
async fn containerd_takes_the_name_from_the_index_of_later_engines() {
    let (container, engine) = (Container::start(), engine().await);
    let done = import(&engine, &container.0, &IMPORT, layout("amd64")).await;
    assert!(done.succeeded(), "{}", done.output());
    assert!(names(&engine, &container.0).await.contains("docker.io/acme/x:1"));
}

#[tokio::test]
async fn an_image_of_another_platform_is_refused_at_first_and_taken_when_all_are_asked_for() {
    let (container, engine) = (Container::start(), engine().await);
    let done = import(&engine, &container.0, &IMPORT, layout("s390x")).await;
    assert!(!done.succeeded(), "{}", done.output());
    let command = IMPORT.map(str::to_owned);
    let otherwise = Runtime::otherwise(&command, &refusal("ctr", &done)).expect("another way");
    let otherwise: Vec<&str> = otherwise.iter().map(String::as_str).collect();
    let done = import(&engine, &container.0, &otherwise, layout("s390x")).await;
    assert!(done.succeeded(), "{}", done.output());
    assert!(names(&engine, &container.0).await.contains("docker.io/acme/x:1"));
}

#[tokio::test]
async fn an_archive_that_breaks_off_leaves_no_name_in_the_node() {
    let (container, engine) = (Container::start(), engine().await);
    let whole = layout("amd64");
    for end in [1_000_000, whole.len() - 4000] {
        import(&engine, &container.0, &IMPORT, whole[..end].to_vec()).await;
        assert_eq!(names(&engine, &container.0).await, "", "of {end} bytes");
    }
}
