//! What the command line says about images, as the runner takes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

use anyhow::{anyhow, bail};

use super::NoMatch;
use crate::cli::Images;
use crate::engine::{Secret, SecretSource};
use crate::image::{Override, Overrides, name};
use crate::runner::images::ImageOptions;
use crate::suite::Suite;

/// Reads the options. Every image that they name has to be one of the Promises'.
pub(super) fn options(arguments: &Images, suite: &Suite) -> anyhow::Result<ImageOptions> {
    Ok(ImageOptions {
        overrides: overrides(arguments, suite)?,
        no_build: arguments.no_build,
        rebuild: arguments.rebuild,
        pull: arguments.pull,
        secrets: parsed("--secret", &arguments.secret)?.iter().map(secret).collect::<anyhow::Result<_>>()?,
        cache_from: parsed("--cache-from", &arguments.cache_from)?,
        cache_to: parsed("--cache-to", &arguments.cache_to)?,
        renamed: BTreeSet::new(),
        args: arguments.build_arg.iter().map(|text| build_argument(text)).collect::<anyhow::Result<_>>()?,
    })
}

/// What an option's texts say. A text is shown in no error: it may hold a secret where a path is meant.
fn parsed<T: FromStr<Err = String>>(option: &str, texts: &[String]) -> anyhow::Result<Vec<T>> {
    let parse = |text: &String| text.parse().map_err(|message| anyhow!("{option}: {message}"));
    texts.iter().map(parse).collect()
}

fn secret(source: &SecretSource) -> anyhow::Result<Secret> {
    source.read(|name| std::env::var(name).ok()).map_err(|message| anyhow!("--secret: {message}"))
}

fn overrides(arguments: &Images, suite: &Suite) -> anyhow::Result<Overrides> {
    let mut overrides = Overrides::new();
    for text in &arguments.image {
        let (reference, source) = text
            .split_once('=')
            .filter(|(reference, source)| !reference.is_empty() && !source.is_empty())
            .ok_or_else(|| anyhow!("--image {text}: write REF=DIR, REF=IMAGE or REF=pull"))?;
        let known: Vec<&str> = suite.references().collect();
        if !known.iter().any(|known| *known == reference || name(known) == reference) {
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(
                NoMatch(format!("--image: no container uses {reference}; the images are: {known}")).into()
            );
        }
        overrides.insert(reference.to_owned(), source_of(source)?);
    }
    let built = |source: &&Override| matches!(source, Override::Build { .. });
    if arguments.no_build && overrides.values().any(|source| built(&source)) {
        bail!("--image names a folder to build from, and --no-build says that nothing is built");
    }
    Ok(overrides)
}

fn source_of(source: &str) -> anyhow::Result<Override> {
    let path = Path::new(source);
    let is_path = source.starts_with(['.', '/', '~']) || path.is_dir();
    if source == "pull" {
        return Ok(Override::Pull);
    }
    if !is_path {
        return Ok(Override::Image(source.to_owned()));
    }
    if !path.is_dir() {
        bail!("--image: {source} is not a folder");
    }
    let context = Some(std::path::absolute(path)?);
    Ok(Override::Build { context, dockerfile: None, target: String::new(), args: BTreeMap::new() })
}

fn build_argument(text: &str) -> anyhow::Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) => bail!("--build-arg {text}: write NAME=VALUE"),
        None => {
            let value = std::env::var(text);
            let value =
                value.map_err(|_| anyhow!("--build-arg {text}: there is no {text} in the environment"))?;
            Ok((text.to_owned(), value))
        }
    }
}
