//! The kept results that arguments select: those of the last run here, or those of a run elsewhere.

use std::path::Path;

use anyhow::anyhow;

use super::{NoMatch, environment, filter};
use crate::called;
use crate::cli::{Global, Selection};
use crate::exit::Exit;
use crate::outcome::{Kept, State};
use crate::report::failure::quoted;
use crate::report::terminal::Terminal;
use crate::runner::artifact::Artifact;
use crate::runner::beside;
use crate::runner::kept::Desk;
use crate::runner::{Options, Results, jobs};
use crate::suite::Suite;

/// What is looked at.
pub(super) struct Source<'a> {
    pub(super) selection: &'a Selection,
    /// A folder or an archive of results, in place of those that are kept here.
    pub(super) from: Option<&'a Path>,
    pub(super) global: &'a Global,
    pub(super) terminal: &'a Terminal,
}

impl Source<'_> {
    /// Does something with the results, which are ours alone meanwhile. Says besides what could not be read.
    pub(super) fn with_desk<T>(
        &self,
        work: impl FnOnce(&mut Desk<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Exit)> {
        let terminal = self.terminal;
        let mut suite = Suite::load(&self.global.dir)?;
        beside::add(&mut suite)?;
        suite.select(&filter(self.selection)?).map_err(NoMatch)?;
        for error in &suite.unreadable {
            terminal.error(&error.clone().into());
        }
        let options = Options { environment: environment(), ..Options::default() };
        let jobs = jobs(&suite, &options)?;
        let folders = jobs.iter().map(|job| &job.suite.file.folder);
        let artifact = self.from.map(Artifact::read).transpose()?;
        let mut results = Results::open_all(folders, |folder| terminal.waiting(folder))?;
        let mut exit = if suite.unreadable.is_empty() { Exit::Success } else { Exit::Usage };
        if let Some(artifact) = &artifact {
            let is_only = suite.promises.len() == 1;
            let mut found = false;
            for suite in &suite.promises {
                let file = &suite.file;
                let Some(results) = results.get_mut(&file.folder) else { continue };
                let of = artifact.of(&file.folder, &[&file.root, &self.global.dir], is_only);
                found |= of.is_some();
                results.import(of);
            }
            exit = exit.and(self.told(artifact, found));
        }
        let done = work(&mut Desk::new(&jobs, &options, &results))?;
        Ok((done, exit))
    }

    /// Tells what of an artifact is not for here.
    fn told(&self, artifact: &Artifact, found: bool) -> Exit {
        for why in &artifact.unreadable {
            self.terminal.error(&anyhow!("{why}"));
        }
        let places = artifact.places();
        if !found && !places.is_empty() {
            self.terminal.error(&anyhow!(
                "the results are of a Promise in {}, which is not the place of one here: name its folder with --dir",
                places.join(", ")
            ));
        }
        match found && artifact.unreadable.is_empty() {
            true => Exit::Success,
            false => Exit::Failed,
        }
    }

    /// Tells of tests that have no results: of those that were named, or if none has any.
    pub(super) fn unread(&self, all: &[Kept]) -> Exit {
        let absent = || all.iter().filter(|test| matches!(test.state, State::Absent));
        if self.selection.names.is_empty() && absent().count() < all.len() {
            return Exit::Success;
        }
        let names: Vec<&str> = absent().map(|test| test.name.as_str()).collect();
        if names.is_empty() {
            return Exit::Success;
        }
        let names = names.join(", ");
        self.terminal.error(&match self.from {
            Some(from) => anyhow!("{} holds no results of {names}", from.display()),
            None => anyhow!(
                "no results are kept of {names}: run first what is to be accepted, with `{} run`",
                called::name()
            ),
        });
        Exit::Failed
    }

    /// What has to be typed to accept what a test left, before its name.
    pub(super) fn accept_command(&self) -> String {
        let command = super::accept_command(self.global);
        match self.from {
            Some(from) => format!("{command} --from {}", quoted(&from.to_string_lossy())),
            None => command,
        }
    }
}
