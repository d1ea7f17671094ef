//! Image references as text: their name, and what a folder is called after them.

/// The reference without tag and digest: `localhost:5000/a/b:1@sha256:…` gives `localhost:5000/a/b`.
pub(crate) fn name(reference: &str) -> &str {
    let tagged = reference.split_once('@').map_or(reference, |(tagged, _)| tagged);
    let last = tagged.rfind('/').map_or(0, |slash| slash + 1);
    tagged[last..].find(':').map_or(tagged, |colon| &tagged[..last + colon])
}

/// The last segment of the name.
pub(super) fn last(reference: &str) -> &str {
    let name = name(reference);
    name.rsplit_once('/').map_or(name, |(_, last)| last)
}

/// Lower case, with `-` for whatever is neither letter nor digit.
pub(crate) fn slug(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// The slugs of every suffix of the name: `a/b.c/d` gives `a-b-c-d`, `b-c-d`, `d`.
pub(super) fn suffix_slugs(reference: &str) -> Vec<String> {
    let name = name(reference);
    let starts = std::iter::once(0).chain(name.match_indices('/').map(|(slash, _)| slash + 1));
    starts.map(|start| slug(&name[start..])).filter(|slug| !slug.is_empty()).collect()
}

/// Whether two references name the same image to an engine, which adds `docker.io/library/` and `:latest`.
pub(crate) fn same(one: &str, other: &str) -> bool {
    full(one) == full(other)
}

fn full(reference: &str) -> String {
    let short = ["index.docker.io/", "docker.io/"].iter().find_map(|host| reference.strip_prefix(host));
    let short = short.unwrap_or(reference);
    let short = short.strip_prefix("library/").unwrap_or(short);
    if name(short).len() == short.len() { format!("{short}:latest") } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_has_neither_tag_nor_digest() {
        for (reference, expected) in [
            ("alpine", "alpine"),
            ("alpine:3.20", "alpine"),
            ("acme/x@sha256:0123", "acme/x"),
            ("acme/x:1@sha256:0123", "acme/x"),
            ("localhost:5000/a/b", "localhost:5000/a/b"),
            ("localhost:5000/a/b:1", "localhost:5000/a/b"),
            ("", ""),
            (":", ""),
            ("a/", "a/"),
        ] {
            assert_eq!(name(reference), expected, "{reference}");
        }
    }

    #[test]
    fn every_suffix_of_the_path_has_a_slug() {
        assert_eq!(suffix_slugs("a/b.c/d:v1"), ["a-b-c-d", "b-c-d", "d"]);
        assert_eq!(suffix_slugs("localhost:5000/x"), ["localhost-5000-x", "x"]);
    }

    #[test]
    fn the_engines_defaults_do_not_tell_images_apart() {
        assert!(same("acme/x", "docker.io/acme/x:latest"));
        assert!(same("library/alpine:3", "alpine:3"));
        assert!(!same("acme/x:1", "acme/x:2"));
        assert!(!same("acme/x", "ghcr.io/acme/x"));
    }
}
