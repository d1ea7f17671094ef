//! Caches that builds share, as `docker buildx build --cache-from` and `--cache-to` take them.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::csv;

/// Where a build's cache is, for BuildKit alone to understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cache {
    /// `registry`, `inline`, `local`, `gha`, ….
    pub kind: String,
    pub attributes: BTreeMap<String, String>,
}

impl FromStr for Cache {
    type Err = String;

    /// Reads `type=KIND,KEY=VALUE,…`, or a lone image reference for `type=registry,ref=REFERENCE`.
    fn from_str(text: &str) -> Result<Self, String> {
        if !text.is_empty() && !text.contains(['=', ',']) {
            let attributes = BTreeMap::from([("ref".to_owned(), text.to_owned())]);
            return Ok(Self { kind: "registry".to_owned(), attributes });
        }
        let mut attributes = BTreeMap::new();
        for (key, value) in csv::pairs(text)? {
            if attributes.insert(key.clone(), value).is_some() {
                return Err(format!("{key}= is there twice: {FORM}"));
            }
        }
        let kind = attributes.remove("type").filter(|kind| !kind.is_empty());
        let kind = kind.ok_or(format!("type= is missing: {FORM}"))?;
        if kind == "registry" && attributes.get("ref").is_none_or(String::is_empty) {
            return Err(format!("ref= is missing: {FORM}"));
        }
        Ok(Self { kind, attributes })
    }
}

const FORM: &str = "write type=registry,ref=IMAGE, or another type with what it needs";

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(kind: &str, attributes: &[(&str, &str)]) -> Cache {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Cache { kind: kind.to_owned(), attributes: attributes.iter().map(own).collect() }
    }

    #[test]
    fn a_cache_is_written_as_buildx_has_it() {
        for (text, expected) in [
            ("type=registry,ref=a/b:c", cache("registry", &[("ref", "a/b:c")])),
            ("host:5000/a/b", cache("registry", &[("ref", "host:5000/a/b")])),
            ("type=inline", cache("inline", &[])),
            ("type=local,dest=x,mode=max", cache("local", &[("dest", "x"), ("mode", "max")])),
            ("type=gha, scope = a=b ", cache("gha", &[("scope", " a=b ")])),
            ("type=local,\"src=a,b\"", cache("local", &[("src", "a,b")])),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_how_to_write_it() {
        for (text, expected) in [
            ("ref=a", "type= is missing: write type=registry,ref=IMAGE, or another type with what it needs"),
            (
                "type=registry",
                "ref= is missing: write type=registry,ref=IMAGE, or another type with what it needs",
            ),
            (
                "type=a,type=b",
                "type= is there twice: write type=registry,ref=IMAGE, or another type with what it needs",
            ),
            ("type=a,b", "b is not KEY=VALUE"),
            ("type=a,\"b=c", "a quote is never closed"),
            ("", "there is nothing in it"),
        ] {
            assert_eq!(text.parse::<Cache>().unwrap_err(), expected, "{text}");
        }
    }
}
