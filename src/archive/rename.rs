//! Gives the image of an archive the name that a cluster has to know it by, while the archive streams past.
//!
//! An image is exported by its id, so that a tag that moves meanwhile changes nothing, and an archive by id has no
//! names. To tag the image first would replace a tag of the author's, if only for a moment; to tag it in the node
//! afterwards needs a first name there, and the commands for it differ by runtime and version. The archive's own
//! tables of names are the same for all: `manifest.json`, which Docker, Podman and containerd read, and, in archives
//! of Docker 25 and later, `index.json`, which containerd prefers. What is sent is what `docker save` would have
//! written, had the image had this name.

use std::io::{self, BufWriter, Read, Write};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use serde_json::{Value as Json, json};
use tar::{Archive, Builder, Entry, EntryType, Header};
use tokio::sync::mpsc::Sender;

use super::Name;
use super::pipe::{CHUNK, Chunks, Incoming, Outgoing, channel};

/// More than any table of names has.
const LARGEST_TABLE: u64 = 16 << 20;

/// The same archive with another name for its image, and what has to be awaited beside it for it to come.
pub(crate) fn named(
    archive: impl Stream<Item = io::Result<Bytes>>,
    name: Name,
) -> (impl Future<Output = ()>, Chunks) {
    let (sender, incoming) = channel();
    let (renamed, outgoing) = channel();
    let pumping = gather(archive, sender);
    // A thread that nobody waits for: an interrupted program does not either.
    std::thread::spawn(move || {
        let result = rename(Incoming::new(incoming), Outgoing(renamed.clone()), &name);
        if let Err(error) = result {
            // Nobody may listen any more.
            let _ = renamed.blocking_send(Err(error));
        }
    });
    (pumping, outgoing)
}

/// Hands an archive to the thread in large pieces: the engine's are small, and waking a thread for each takes longer than
/// copying them.
async fn gather(archive: impl Stream<Item = io::Result<Bytes>>, thread: Sender<io::Result<Bytes>>) {
    let mut archive = std::pin::pin!(archive);
    let mut gathered = BytesMut::with_capacity(2 * CHUNK);
    while let Some(piece) = archive.next().await {
        let sent = match piece {
            Ok(piece) => {
                gathered.extend_from_slice(&piece);
                if gathered.len() < CHUNK {
                    continue;
                }
                thread.send(Ok(gathered.split().freeze())).await
            }
            Err(error) => thread.send(Err(error)).await,
        };
        if sent.is_err() {
            return;
        }
    }
    let _ = thread.send(Ok(gathered.freeze())).await;
}

fn rename(archive: impl Read, into: impl Write, name: &Name) -> io::Result<()> {
    let mut builder = Builder::new(BufWriter::with_capacity(CHUNK, into));
    let mut archive = Archive::new(archive);
    let mut tables = 0;
    for entry in archive.entries()? {
        let mut entry = entry?;
        match entry.path_bytes().as_ref() {
            b"manifest.json" => rewrite(&mut entry, &mut builder, |table| manifest(table, name))?,
            b"index.json" => rewrite(&mut entry, &mut builder, |table| index(table, name))?,
            // The table of Docker before 1.10, which nobody needs who reads the others.
            b"repositories" => continue,
            _ => {
                copy(&mut entry, &mut builder)?;
                continue;
            }
        }
        tables += 1;
    }
    if tables == 0 {
        return Err(invalid("the engine's archive has no manifest"));
    }
    builder.into_inner()?.flush()
}

/// Every image of `manifest.json` gets the name: exported by id, there is one.
fn manifest(table: &mut Json, name: &Name) -> Option<()> {
    for image in table.as_array_mut()? {
        image.as_object_mut()?.insert("RepoTags".to_owned(), json!([name.to_string()]));
    }
    Some(())
}

/// The annotations by which containerd, and those who only know the OCI's, find names.
fn index(table: &mut Json, name: &Name) -> Option<()> {
    for image in table.get_mut("manifests")?.as_array_mut()? {
        let annotations = image.as_object_mut()?.entry("annotations").or_insert_with(|| json!({}));
        if annotations.is_null() {
            *annotations = json!({});
        }
        let annotations = annotations.as_object_mut()?;
        annotations.insert("io.containerd.image.name".to_owned(), json!(name.to_string()));
        match name.tag() {
            Some(tag) => annotations.insert("org.opencontainers.image.ref.name".to_owned(), json!(tag)),
            None => annotations.remove("org.opencontainers.image.ref.name"),
        };
    }
    Some(())
}

fn rewrite(
    entry: &mut Entry<'_, impl Read>,
    builder: &mut Builder<impl Write>,
    change: impl FnOnce(&mut Json) -> Option<()>,
) -> io::Result<()> {
    let path = entry.path()?.into_owned();
    let mut text = Vec::new();
    entry.take(LARGEST_TABLE).read_to_end(&mut text)?;
    let not_understood = || invalid(&format!("{} in the engine's archive is not understood", path.display()));
    let mut table: Json = serde_json::from_slice(&text).map_err(|_| not_understood())?;
    change(&mut table).ok_or_else(not_understood)?;
    let text = serde_json::to_vec(&table)?;
    let mut header = entry.header().clone();
    header.set_size(text.len() as u64);
    builder.append_data(&mut header, path, text.as_slice())
}

fn copy(entry: &mut Entry<'_, impl Read>, builder: &mut Builder<impl Write>) -> io::Result<()> {
    let kind = entry.header().entry_type();
    if kind == EntryType::XGlobalHeader {
        return Ok(());
    }
    let path = entry.path()?.into_owned();
    let mut header: Header = entry.header().clone();
    // What an extended header says of the size is lost with it.
    header.set_size(entry.size());
    match (kind, entry.link_name()?.map(std::borrow::Cow::into_owned)) {
        (EntryType::Link | EntryType::Symlink, Some(target)) => {
            builder.append_link(&mut header, path, target)
        }
        _ => builder.append_data(&mut header, path, entry),
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn files(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut archive = Archive::new(archive);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.path().unwrap().display().to_string(), bytes)
        });
        entries.collect()
    }

    fn renamed(from: &[u8], reference: &str) -> io::Result<Vec<u8>> {
        let mut into = Vec::new();
        rename(from, &mut into, &Name::of(reference)).map(|()| into)
    }

    fn table(archive: &[u8], path: &str) -> Json {
        let files = files(archive);
        let (_, bytes) = files.iter().find(|(name, _)| name == path).expect("the table");
        serde_json::from_slice(bytes).unwrap()
    }

    const MANIFEST: &[u8] = br#"[{"Config":"1.json","RepoTags":null,"Layers":["2/layer.tar"]}]"#;

    #[test]
    fn the_manifest_of_docker_gets_the_name_and_all_else_stays() {
        let layer = vec![7; 100_000];
        let long = format!("{}/layer.tar", "x".repeat(120));
        let from = archive(&[(&long, &layer), ("manifest.json", MANIFEST), ("repositories", b"{}")]);
        let into = renamed(&from, "acme/x:1").unwrap();
        assert_eq!(
            table(&into, "manifest.json"),
            json!([{"Config": "1.json", "RepoTags": ["docker.io/acme/x:1"], "Layers": ["2/layer.tar"]}])
        );
        let files = files(&into);
        assert_eq!(files[0], (long, layer));
        assert_eq!(files.len(), 2, "the old table of names is left out");
    }

    #[test]
    fn the_index_of_later_engines_gets_the_name_too() {
        let index = br#"{"manifests":[{"digest":"sha256:1"},{"digest":"sha256:2","annotations":{"a":"b","org.opencontainers.image.ref.name":"old"}}]}"#;
        let from = archive(&[("index.json", index), ("manifest.json", MANIFEST)]);
        let into = renamed(&from, "acme/x:1").unwrap();
        let name = |key: &str| format!("docker.io/acme/x{key}");
        assert_eq!(
            table(&into, "index.json")["manifests"],
            json!([
                {"digest": "sha256:1", "annotations": {
                    "io.containerd.image.name": name(":1"), "org.opencontainers.image.ref.name": "1"}},
                {"digest": "sha256:2", "annotations": {
                    "a": "b", "io.containerd.image.name": name(":1"), "org.opencontainers.image.ref.name": "1"}},
            ])
        );
        let into = renamed(&from, "acme/x:1@sha256:03").unwrap();
        let annotations = table(&into, "index.json")["manifests"][1]["annotations"].clone();
        assert_eq!(annotations, json!({"a": "b", "io.containerd.image.name": name("@sha256:03")}));
    }

    #[test]
    fn links_stay_links() {
        let mut builder = Builder::new(Vec::new());
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "2/layer.tar", "../1/layer.tar").unwrap();
        let mut header = Header::new_gnu();
        header.set_size(MANIFEST.len() as u64);
        builder.append_data(&mut header, "manifest.json", MANIFEST).unwrap();
        let into = renamed(&builder.into_inner().unwrap(), "x").unwrap();
        let mut archive = Archive::new(into.as_slice());
        let first = archive.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(first.header().entry_type(), EntryType::Symlink);
        assert_eq!(first.link_name_bytes().unwrap().as_ref(), b"../1/layer.tar");
    }

    #[test]
    fn an_archive_that_is_no_archive_is_refused() {
        let without = archive(&[("a", b"b")]);
        assert!(renamed(&without, "x").unwrap_err().to_string().contains("no manifest"));
        let broken = archive(&[("manifest.json", b"[1]")]);
        assert!(renamed(&broken, "x").unwrap_err().to_string().contains("not understood"));
        let whole = archive(&[("1/layer.tar", &[7; 4096]), ("manifest.json", MANIFEST)]);
        assert!(renamed(&whole[..2000], "x").is_err());
    }
}
