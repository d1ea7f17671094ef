//! What ties an image to a Dockerfile by their names. Each rule answers for one image, and names one Dockerfile or none.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::reference::{last, name, slug, suffix_slugs};
use super::repository::Home;
use super::survey::{Candidate, dockerfile_in};
use super::{ImageUse, last_name};

/// Names that a folder or a container has for its place in a workflow, and that say nothing of the image.
const PLACES: [&str; 4] = ["configure", "delete", "resource", "promise"];

/// An image that the Promise uses, and where.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) reference: &'a str,
    pub(super) uses: Vec<&'a ImageUse>,
}

impl<'a> Image<'a> {
    /// Without tag and digest.
    pub(super) fn name(&self) -> &'a str {
        name(self.reference)
    }

    fn is_used_in(&self, workflow: &str) -> bool {
        self.uses.iter().any(|used| used.workflow == workflow)
    }
}

/// A Dockerfile that a rule names for an image.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) dockerfile: PathBuf,
    /// Of two images that claim the same Dockerfile, the one whose claim is stronger has it.
    pub(super) strength: u8,
}

impl Claim {
    pub(super) fn new(dockerfile: PathBuf) -> Self {
        Self { dockerfile, strength: 0 }
    }
}

/// R1: the Dockerfile at `workflows/TYPE/ACTION/PIPELINE/CONTAINER`, where the `kratix` CLI puts it.
///
/// Containers that have one each but share an image leave open which of them builds it.
pub(super) fn cli_layout(image: &Image<'_>, home: &Home<'_>) -> Option<Claim> {
    let found = image.uses.iter().filter_map(|used| {
        let names = [&used.workflow, &used.action, &used.pipeline, &used.container];
        // A name with a slash or dots would lead elsewhere.
        let plain = names.iter().all(|name| !name.is_empty() && !name.contains('/') && *name != "..");
        let folder = names.iter().fold(home.folder.join("workflows"), |folder, name| folder.join(name));
        plain.then(|| dockerfile_in(&folder, home.root())).flatten()
    });
    only(found.collect::<BTreeSet<_>>()).map(Claim::new)
}

/// R2: the only candidate whose folder is named like the end of the image's path, or like a container that uses it.
///
/// The image's path is the stronger sign. A name that is only a place in a workflow says nothing of a container; of an
/// image it does, but not under another type of workflow.
pub(super) fn folder_name(image: &Image<'_>, candidates: &[Candidate], home: &Home<'_>) -> Option<Claim> {
    let paths = suffix_slugs(image.reference);
    let containers: Vec<String> = image.uses.iter().map(|used| slug(&used.container)).collect();
    let claims = candidates.iter().filter_map(|candidate| {
        let folder = slug(&candidate.name());
        let place = PLACES.contains(&folder.as_str());
        let by_path = paths.contains(&folder) && (!place || fits_workflow(image, candidate, home));
        let by_container = !place && containers.contains(&folder);
        let dockerfile = candidate.dockerfile.clone();
        (by_path || by_container).then_some(Claim { dockerfile, strength: u8::from(by_path) })
    });
    only(claims)
}

/// R3: the only, longest candidate with `last` = PREFIX-FOLDER, where PREFIX fits a name of the Promise.
pub(super) fn prefix(image: &Image<'_>, candidates: &[Candidate], home: &Home<'_>) -> Option<Claim> {
    longest(candidates, |candidate| prefixed(image, candidate, home))
}

/// R5: the same over the repository, where the folder may also be all of `last`, or the rest of it one above.
///
/// What the path says whole outdoes a folder with a prefix. A place in a workflow is no name outside the Promise.
pub(super) fn repository_wide(image: &Image<'_>, candidates: &[Candidate], home: &Home<'_>) -> Option<Claim> {
    let last = slug(last(image.reference));
    longest(candidates, |candidate| {
        let folder = slug(&candidate.name());
        let outside = !candidate.folder.starts_with(&home.folder);
        let place = PLACES.contains(&folder.as_str());
        let whole =
            folder == last && !(place && outside) && (!place || fits_workflow(image, candidate, home));
        let above = || above(candidate, home).any(|above| format!("{above}-{folder}") == last);
        if whole || above() { Some(last.len()) } else { prefixed(image, candidate, home) }
    })
}

/// How much of `last` the folder says, if the rest is a prefix that fits the Promise's names.
///
/// The folders right above it count as far as they go on with it: they tell `promise/configure` from `resource/configure`.
fn prefixed(image: &Image<'_>, candidate: &Candidate, home: &Home<'_>) -> Option<usize> {
    let last = slug(last(image.reference));
    let within = candidate.folder.ancestors().take_while(|folder| folder.starts_with(home.root()));
    let mut rest = last.as_str();
    let mut said = None;
    for folder in within {
        let Some(prefix) =
            rest.strip_suffix(&slug(&last_name(folder))).and_then(|rest| rest.strip_suffix('-'))
        else {
            break;
        };
        if home.names().any(|name| fits(prefix, &name)) {
            said = Some(last.len() - prefix.len());
        }
        rest = prefix;
    }
    said
}

/// Whether two names are equal, or one begins or ends with the other.
fn fits(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.is_empty() {
        return false;
    }
    // Two letters in the middle of a word are no sign.
    let by_word = long.starts_with(&format!("{short}-")) || long.ends_with(&format!("-{short}"));
    let by_letter = short.len() > 2 && (long.starts_with(short) || long.ends_with(short));
    short == long || by_word || by_letter
}

/// Whether a candidate under `workflows/TYPE` is for a type of workflow that uses the image.
pub(super) fn fits_workflow(image: &Image<'_>, candidate: &Candidate, home: &Home<'_>) -> bool {
    let below = candidate.folder.strip_prefix(home.folder.join("workflows")).ok();
    let workflow = below.and_then(|below| below.iter().next()).map(|name| name.to_string_lossy());
    match workflow.as_deref() {
        Some(workflow @ ("promise" | "resource")) => image.is_used_in(workflow),
        _ => true,
    }
}

/// The names of the folders above a candidate's, below the repository's root.
fn above(candidate: &Candidate, home: &Home<'_>) -> impl Iterator<Item = String> {
    let above = candidate.folder.parent().and_then(|above| above.strip_prefix(home.root()).ok());
    above.into_iter().flat_map(|above| above.iter().map(|name| slug(&name.to_string_lossy())))
}

/// The candidate that matches with the greatest length, if it is the only one of that length.
fn longest(candidates: &[Candidate], length: impl Fn(&Candidate) -> Option<usize>) -> Option<Claim> {
    let matching = || candidates.iter().filter_map(|candidate| Some((length(candidate)?, candidate)));
    let (greatest, _) = matching().max_by_key(|(length, _)| *length)?;
    let found = only(matching().filter(|(length, _)| *length == greatest));
    found.map(|(_, candidate)| Claim::new(candidate.dockerfile.clone()))
}

fn only<T>(found: impl IntoIterator<Item = T>) -> Option<T> {
    let mut found = found.into_iter();
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_fits_a_name_that_it_begins_or_ends() {
        for (prefix, name) in [
            ("redis", "redis"),
            ("redis", "redis-promise"),
            ("promise-redis", "redis"),
            ("postgres", "postgresql"),
            ("s3-bucket", "s3"),
        ] {
            assert!(fits(prefix, name), "{prefix} {name}");
        }
        for (prefix, name) in [("redis", "kafka"), ("acme", "ac"), ("", "redis"), ("redis", "")] {
            assert!(!fits(prefix, name), "{prefix} {name}");
        }
    }
}
