//! The name of an image that is built here: a hash of everything that goes into it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::reference::slug;

/// What the names of images that are built here begin with.
pub(crate) const BUILT_HERE: &str = "kratix-test/";

/// What goes into an image.
///
/// Not what changes nothing in it: times of files, secrets, where it is cached, or what builds it.
#[derive(Debug)]
pub(crate) struct Ingredients<'a> {
    /// Digest of the Dockerfile and the context.
    pub(crate) context: &'a str,
    pub(crate) args: &'a BTreeMap<String, String>,
    pub(crate) target: &'a str,
    pub(crate) platform: &'a str,
    /// The images that it takes from, and their ids; empty for one that nobody has yet.
    pub(crate) bases: &'a [(String, String)],
}

/// The name without the hash: one for every image that is built here of a reference.
pub(crate) fn repository(reference: &str) -> String {
    format!("{BUILT_HERE}{}", slug(reference))
}

impl Ingredients<'_> {
    /// The name that an image gets in the engine: `kratix-test/acme-app:0123456789abcdef`.
    pub(crate) fn tag(&self, reference: &str) -> String {
        let mut hash = Sha256::new();
        // What comes before each text is its length, so that no two lists of texts read the same.
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        add("1");
        for text in [self.context, self.target, self.platform] {
            add(text);
        }
        for (name, value) in self.args {
            add(name);
            add(value);
        }
        add("bases");
        for (image, id) in self.bases {
            add(image);
            add(id);
        }
        let mut tag = format!("{}:", repository(reference));
        for byte in &hash.finalize()[..8] {
            // Writing to a string does not fail.
            let _ = write!(tag, "{byte:02x}");
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ingredient_makes_another_image() {
        let args = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let tag = |context, given: &[(&str, &str)], target, platform, bases: &[(&str, &str)]| {
            let bases: Vec<_> = bases.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            let ingredients = Ingredients { context, args: &args(given), target, platform, bases: &bases };
            ingredients.tag("ghcr.io/acme/app:v1")
        };
        let tags = [
            tag("c", &[], "", "", &[]),
            tag("d", &[], "", "", &[]),
            tag("c", &[("A", "1")], "", "", &[]),
            tag("c", &[("A", "2")], "", "", &[]),
            tag("c", &[("A1", "")], "", "", &[]),
            tag("c", &[], "t", "", &[]),
            tag("c", &[], "", "t", &[]),
            tag("c", &[], "", "", &[("A", "1")]),
            tag("c", &[], "", "", &[("A", "2")]),
        ];
        let distinct: std::collections::BTreeSet<_> = tags.iter().collect();
        assert_eq!(distinct.len(), tags.len());
        assert!(tags[0].starts_with("kratix-test/ghcr-io-acme-app-v1:"), "{}", tags[0]);
        assert_eq!(tags[0].rsplit(':').next().map(str::len), Some(16));
        assert_eq!(tags[0], tag("c", &[], "", "", &[]));
    }
}
