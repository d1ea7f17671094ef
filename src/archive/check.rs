//! Looks an archive of images through while the engine reads it: what the engine says of a broken one helps nobody.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry};
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use super::pipe::{CHUNK, Chunks, channel};
use crate::tree::plain;

/// What is wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("is empty")]
    Empty,
    #[error("is no tar archive, and no compressed one")]
    NotAnArchive,
    #[error("ends in the middle: it was not written or fetched to its end")]
    Truncated,
    #[error("is damaged: {0}")]
    Damaged(String),
    #[error("holds no images: it has no manifest.json, so `docker save` has not written it")]
    NoManifest,
    #[error("holds `{0}`, which leads out of it: it is not what it seems, and nothing of it was loaded")]
    LeadsOut(String),
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// An archive that is looked through while it is read.
pub(crate) struct Checked {
    /// The archive as it is.
    pub(crate) chunks: Chunks,
    /// How many bytes of it have been read.
    pub(crate) read: Arc<AtomicU64>,
    /// What is wrong with it, known at its end; nothing if it was not read so far.
    pub(crate) verdict: oneshot::Receiver<Result<(), ArchiveError>>,
}

impl Checked {
    /// Begins to read, in a thread that nobody waits for: what comes through a pipe may never end.
    pub(crate) fn read(archive: impl Read + Send + 'static) -> Self {
        let (sender, chunks) = channel();
        let read = Arc::new(AtomicU64::new(0));
        let (tell, verdict) = oneshot::channel();
        let tee = Tee { archive, sender: sender.clone(), read: Arc::clone(&read), failure: Failure::None };
        std::thread::spawn(move || {
            let mut source = BufReader::with_capacity(CHUNK, tee);
            let looked = look_through(&mut source);
            let checked = match &source.get_ref().failure {
                Failure::None => looked,
                Failure::Abandoned => return,
                Failure::Unreadable(reason) => Err(ArchiveError::Unreadable(reason.clone())),
            };
            if let Err(error) = &checked {
                // The engine must not take what it has for the whole.
                let _ = sender.blocking_send(Err(io::Error::other(error.to_string())));
            }
            let _ = tell.send(checked);
        });
        Self { chunks, read, verdict }
    }
}

/// Reads an archive and hands over what it reads.
struct Tee<R> {
    archive: R,
    sender: Sender<io::Result<Bytes>>,
    read: Arc<AtomicU64>,
    failure: Failure,
}

enum Failure {
    None,
    /// The engine wants no more of it, and says why.
    Abandoned,
    Unreadable(String),
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.archive.read(into).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failure = Failure::Unreadable(plain(error));
            }
        })?;
        if read > 0 && self.sender.blocking_send(Ok(Bytes::copy_from_slice(&into[..read]))).is_err() {
            self.failure = Failure::Abandoned;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

fn look_through(source: &mut impl BufRead) -> Result<(), ArchiveError> {
    let start = source.fill_buf().map_err(|error| broken(&error))?;
    match start {
        [] => return Err(ArchiveError::Empty),
        [0x1f, 0x8b, ..] => look_into(MultiGzDecoder::new(&mut *source))?,
        // bzip2, xz and zstd: the engine unpacks them, or says that it cannot.
        [b'B', b'Z', b'h', ..] | [0xfd, b'7', b'z', b'X', b'Z', ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => {}
        _ => look_into(&mut *source)?,
    }
    // What is behind the end of the archive is the engine's, too.
    io::copy(source, &mut io::sink()).map_err(|error| broken(&error))?;
    Ok(())
}

fn look_into(tar: impl Read) -> Result<(), ArchiveError> {
    let mut archive = Archive::new(tar);
    let mut names = 0;
    let mut has_manifest = false;
    for entry in archive.entries().map_err(|error| broken(&error))? {
        let entry = entry.map_err(|error| if names == 0 { first(&error) } else { broken(&error) })?;
        refuse_ways_out(&entry)?;
        let tables: [&[u8]; 3] = [b"manifest.json", b"index.json", b"repositories"];
        let path = entry.path_bytes();
        has_manifest |= tables.contains(&path.strip_prefix(b"./").unwrap_or(&path));
        names += 1;
    }
    match has_manifest {
        true => Ok(()),
        false if names == 0 => Err(ArchiveError::NotAnArchive),
        false => Err(ArchiveError::NoManifest),
    }
}

/// An archive may hold any path. Engines have been led astray by such before.
fn refuse_ways_out(entry: &Entry<'_, impl Read>) -> Result<(), ArchiveError> {
    let path = PathBuf::from(String::from_utf8_lossy(&entry.path_bytes()).into_owned());
    let folder = path.parent().unwrap_or(Path::new(""));
    let target = entry.link_name_bytes().map(|target| String::from_utf8_lossy(&target).into_owned());
    let leads_out = match target {
        Some(target) if entry.header().entry_type().is_symlink() => escapes(&folder.join(target)),
        Some(target) => escapes(Path::new(&target)),
        None => false,
    };
    match leads_out || escapes(&path) {
        true => Err(ArchiveError::LeadsOut(path.display().to_string().escape_debug().to_string())),
        false => Ok(()),
    }
}

fn escapes(path: &Path) -> bool {
    let mut depth = 0_usize;
    for part in path.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

/// What cannot be read as the first entry of an archive is none.
fn first(error: &io::Error) -> ArchiveError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Truncated,
        _ => ArchiveError::NotAnArchive,
    }
}

fn broken(error: &io::Error) -> ArchiveError {
    let text = plain(error);
    // The library tells the end of the file by words as well as by kind.
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Truncated,
        _ if text.contains("unexpected EOF") || text.contains("entire block") => ArchiveError::Truncated,
        _ => ArchiveError::Damaged(text),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, EntryType, Header};

    use super::*;

    /// Reads all of an archive, and tells what came through and what is wrong with it.
    async fn read(archive: &[u8]) -> (Vec<u8>, Result<(), ArchiveError>) {
        let mut checked = Checked::read(io::Cursor::new(archive.to_vec()));
        let mut through = Vec::new();
        while let Some(chunk) = checked.chunks.recv().await {
            through.extend(chunk.unwrap_or_default());
        }
        (through, checked.verdict.await.expect("a verdict"))
    }

    async fn wrong(archive: &[u8]) -> ArchiveError {
        read(archive).await.1.expect_err("an error")
    }

    fn archive(path: &str) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (path, bytes) in [("1/layer.tar", vec![7; 600_000].as_slice()), (path, &b"[]"[..])] {
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            // The library itself refuses to write hostile paths.
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            builder.append(&header, bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn a_good_archive_comes_through_as_it_is() {
        let plain = archive("manifest.json");
        for good in [plain.clone(), gzipped(&plain), [plain, vec![0; 70_000]].concat()] {
            let (through, verdict) = read(&good).await;
            assert_eq!(verdict, Ok(()));
            assert!(through == good, "{} bytes of {}", through.len(), good.len());
        }
    }

    #[tokio::test]
    async fn what_is_no_archive_is_said_so() {
        assert_eq!(wrong(b"").await, ArchiveError::Empty);
        assert_eq!(wrong(&[b'x'; 2000]).await, ArchiveError::NotAnArchive);
        assert_eq!(wrong(&gzipped(&[b'x'; 2000])).await, ArchiveError::NotAnArchive);
        assert_eq!(wrong(&[0; 2048]).await, ArchiveError::NotAnArchive);
        assert_eq!(wrong(&archive("other")).await, ArchiveError::NoManifest);
    }

    #[tokio::test]
    async fn an_archive_that_ends_in_the_middle_is_said_so() {
        let whole = archive("manifest.json");
        for end in [700, 300_000, 600_000] {
            assert_eq!(wrong(&whole[..end]).await, ArchiveError::Truncated, "at {end}");
        }
        let packed = gzipped(&whole);
        assert_eq!(wrong(&packed[..packed.len() / 2]).await, ArchiveError::Truncated);
    }

    #[tokio::test]
    async fn paths_that_lead_out_are_refused() {
        for path in ["../manifest.json", "/etc/passwd", "a/../../b"] {
            assert_eq!(wrong(&archive(path)).await, ArchiveError::LeadsOut(path.to_owned()));
        }
        let mut builder = Builder::new(Vec::new());
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "1/layer.tar", "../2/layer.tar").unwrap();
        builder.append_link(&mut header, "1/out", "../../etc").unwrap();
        let links = builder.into_inner().unwrap();
        assert_eq!(wrong(&links).await, ArchiveError::LeadsOut("1/out".to_owned()));
    }

    #[tokio::test]
    async fn a_reader_that_is_left_alone_does_not_wait() {
        let checked = Checked::read(io::repeat(0).take(100 << 20));
        drop(checked.chunks);
        assert!(checked.verdict.await.is_err(), "there is nothing to say");
    }
}
