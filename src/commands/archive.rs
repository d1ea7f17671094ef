//! Images from an archive into the engine.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use futures_util::{StreamExt as _, stream};

use crate::archive::Checked;
use crate::called;
use crate::engine::{Docker, EngineError};
use crate::exit::Exit;
use crate::report::terminal::Terminal;
use crate::report::words::{Bytes, Count, Elapsed};
use crate::tree::plain;

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

/// Loads the images of an archive, `-` for the standard input, and tells their names.
pub(super) async fn load(file: &Path, engine: &Docker, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Opened { name, archive, size } = open(file)?;
    let start = Instant::now();
    let Checked { chunks, read, verdict } = Checked::read(archive);
    terminal.bytes_started(&name, &format!("Loading {name}"), size);
    let chunks = stream::unfold(chunks, |mut chunks| async { Some((chunks.recv().await?, chunks)) });
    let importing = engine.import(chunks.boxed());
    let ticking = async {
        loop {
            tokio::time::sleep(TICK).await;
            terminal.bytes_moved(&name, read.load(Ordering::Relaxed));
        }
    };
    let loaded = tokio::select! {
        loaded = importing => loaded,
        () = ticking => unreachable!("it ticks for ever"),
    };
    terminal.bytes_ended(&name);
    // What is wrong with the archive says more than what the engine makes of it.
    if let Ok(Err(wrong)) = verdict.await {
        bail!("{name} {wrong}");
    }
    let images = loaded?;
    if images.is_empty() {
        let reason = format!("the engine found no image in {name}");
        return Err(EngineError::Request { doing: "loading the archive".to_owned(), reason }.into());
    }
    for image in &images {
        terminal.show(&format!("Loaded {image}\n"));
    }
    let (bytes, took) = (Bytes(read.load(Ordering::Relaxed)), Elapsed(start.elapsed()));
    terminal.note(&format!("{name}: {}, {bytes} in {took}", Count(images.len(), "image")));
    Ok(Exit::Success)
}

struct Opened {
    /// What messages call it.
    name: String,
    archive: Box<dyn Read + Send>,
    size: Option<u64>,
}

fn open(file: &Path) -> anyhow::Result<Opened> {
    if file == Path::new("-") {
        if io::stdin().is_terminal() {
            bail!("nothing is piped in: `docker save IMAGE | {} load --from-archive -`", called::name());
        }
        return Ok(Opened { name: "standard input".to_owned(), archive: Box::new(io::stdin()), size: None });
    }
    let name = file.display().to_string();
    let failed = |error: io::Error| anyhow!("{name} cannot be read: {}", plain(&error));
    let archive = File::open(file).map_err(failed)?;
    let metadata = archive.metadata().map_err(failed)?;
    if metadata.is_dir() {
        bail!("{name} is a folder, and no archive");
    }
    // What a pipe will bring, nobody knows.
    let size = metadata.is_file().then_some(metadata.len());
    Ok(Opened { name, archive: Box::new(archive), size })
}
