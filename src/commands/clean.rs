//! Removes what this program made: images, containers and volumes in the engine, results beside Promises.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::anyhow;

use super::session::Session;
use crate::cli::{Clean, Files, Global};
use crate::engine::{Docker, Engine as _, EngineError, LeftBehind, OurImage};
use crate::exit::Exit;
use crate::image;
use crate::report::terminal::Terminal;
use crate::report::words::{Bytes, Count};
use crate::runner::Results;
use crate::runner::images::{ImageOptions, Repositories};
use crate::suite::Suite;
use crate::suite::settings::Timeout;

/// What is to be removed.
struct Scope {
    /// Of which images, by their names without the hash; all of them if nothing is said.
    repositories: Option<BTreeSet<String>>,
    /// Beside which Promises.
    folders: Vec<PathBuf>,
    /// No younger than this.
    age: Duration,
    dry_run: bool,
}

/// Removes it, or says what would be.
pub(super) fn clean(arguments: &Clean, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let scope = scope(arguments, global)?;
    let session = Session::new(global, terminal, Files::Auto);
    let cleaned = session.with_engine(PathBuf::new(), async |engine| scope.clean_engine(engine).await)?;
    let Some(cleaned) = cleaned else { return Ok(Exit::Interrupted) };
    let (images, left) = cleaned?;
    let results = scope.clean_results(terminal)?;
    let (kept, gone): (Vec<OurImage>, Vec<OurImage>) = images.into_iter().partition(|image| image.in_use);
    terminal.show(&said(&gone, left, &results, scope.dry_run));
    for image in kept {
        terminal.note(&format!("{} is in use, and stays", image.name));
    }
    Ok(Exit::Success)
}

fn scope(arguments: &Clean, global: &Global) -> anyhow::Result<Scope> {
    let age = arguments.older_than.as_deref().map(str::parse::<Timeout>).transpose();
    let age = age.map_err(|message| anyhow!("--older-than: {message}"))?;
    let (age, dry_run) = (age.map(|Timeout(age)| age).unwrap_or_default(), arguments.dry_run);
    let suite = match Suite::load(&global.dir) {
        Ok(suite) => suite,
        // Nothing of a Promise has to be known then.
        Err(_) if arguments.all => {
            return Ok(Scope { repositories: None, folders: vec![global.dir.clone()], age, dry_run });
        }
        Err(error) => return Err(error.into()),
    };
    let folders = suite.promises.iter().map(|promise| promise.file.folder.clone()).collect();
    let repositories = Repositories::of(&suite.promises);
    let plans = suite
        .promises
        .iter()
        .map(|promise| repositories.plan(promise, &promise.settings, &ImageOptions::default()));
    let names = plans.flatten().map(|planned| image::repository(&planned.reference)).collect();
    Ok(Scope { repositories: (!arguments.all).then_some(names), folders, age, dry_run })
}

impl Scope {
    async fn clean_engine(&self, engine: &Docker) -> Result<(Vec<OurImage>, LeftBehind), EngineError> {
        let mut images = engine.our_images(image::BUILT_HERE).await?;
        images.retain(|image| image.age() >= self.age && self.is_meant(&image.name));
        let left = engine.left_behind().await?;
        if !self.dry_run {
            // First what may still hold on to an image.
            engine.reap().await?;
            for image in &mut images {
                image.in_use = !engine.remove_our_image(image).await?;
            }
        }
        Ok((images, left))
    }

    fn is_meant(&self, image: &str) -> bool {
        let name = image::name(image);
        self.repositories.as_ref().is_none_or(|repositories| repositories.contains(name))
    }

    /// Removes results; those that there were.
    fn clean_results(&self, terminal: &Terminal) -> anyhow::Result<Vec<PathBuf>> {
        let is_old = |path: &Path| {
            let changed =
                std::fs::symlink_metadata(path.join("results")).or_else(|_| path.symlink_metadata());
            let changed = changed.and_then(|metadata| metadata.modified());
            changed.is_ok_and(|at| SystemTime::now().duration_since(at).unwrap_or_default() >= self.age)
        };
        let mut found = Vec::new();
        for folder in &self.folders {
            let Some(path) = Results::present(folder).filter(|path| is_old(path)) else { continue };
            if !self.dry_run {
                Results::remove(folder, || terminal.waiting(folder))?;
            }
            found.push(path);
        }
        Ok(found)
    }
}

fn said(images: &[OurImage], left: LeftBehind, results: &[PathBuf], dry_run: bool) -> String {
    let size: u64 = images.iter().map(|image| image.size).sum();
    let mut lines: Vec<String> =
        images.iter().map(|image| format!("{}  {}", image.name, Bytes(image.size))).collect();
    lines.extend(results.iter().map(|path| path.display().to_string()));
    lines.push(format!(
        "{} {} of {}, {}, {}, and the results of {}",
        if dry_run { "Would remove" } else { "Removed" },
        Count(images.len(), "image"),
        Bytes(size),
        Count(left.containers, "container"),
        Count(left.volumes, "volume"),
        Count(results.len(), "Promise"),
    ));
    lines.join("\n") + "\n"
}
