//! Shows what there is to run, and where each image is built; runs nothing.

use super::{NoMatch, filter};
use crate::cli::{Format, Global, List};
use crate::exit::Exit;
use crate::report::list::{Listing, PromiseListing};
use crate::report::terminal::Terminal;
use crate::runner::beside;
use crate::runner::images::{ImageOptions, Repositories};
use crate::suite::{PromiseSuite, Suite};

/// Lists tests, pipelines, stages and images.
pub(super) fn list(arguments: &List, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut suite = Suite::load(&global.dir)?;
    beside::add(&mut suite)?;
    suite.select(&filter(&arguments.selection)?).map_err(NoMatch)?;
    let repositories = Repositories::of(&suite.promises);
    let of = |promise: &PromiseSuite| {
        let images = repositories.plan(promise, &promise.settings, &ImageOptions::default());
        PromiseListing::new(promise, images, arguments.verbose)
    };
    let listing = Listing { promises: suite.promises.iter().map(of).collect() };
    match arguments.format {
        Format::Text => terminal.show(&listing.to_text(terminal.paint())),
        Format::Json => terminal.show(&listing.to_json()),
    }
    for error in suite.unreadable.iter().chain(suite.broken_tests()) {
        terminal.error(&error.clone().into());
    }
    let unreadable = if suite.unreadable.is_empty() { Exit::Success } else { Exit::Usage };
    let broken = if suite.broken_tests().next().is_none() { Exit::Success } else { Exit::Failed };
    Ok(unreadable.and(broken))
}
