//! What an image may be called, as the kubelet parses it before it pulls, and its words for what it does not take.

use std::sync::LazyLock;

use regex::Regex;

const DOCKER_HUB: &str = "docker.io";
const INVALID: &str = "invalid reference format";
/// How long a name may be, without its registry.
const MAX_NAME: usize = 255;

/// Why a text is no reference to an image. Nothing if it is one.
pub(crate) fn refuse(image: &str) -> Option<String> {
    if image.len() == 64 && image.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Some(format!(
            "invalid repository name ({image}), cannot specify 64-byte hexadecimal strings"
        ));
    }
    let (registry, rest) = normalized(image);
    let name = rest.split(':').next().unwrap_or_default();
    if name.to_lowercase() != name {
        return Some(format!("{INVALID}: repository name ({name}) must be lowercase"));
    }
    refuse_normalized(&format!("{registry}/{rest}"))
}

/// The registry of an image, and all that comes after it: both are Docker Hub's where the image does not say.
fn normalized(image: &str) -> (&str, String) {
    let (registry, rest) = match image.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.to_lowercase() != first =>
        {
            (if first == "index.docker.io" { DOCKER_HUB } else { first }, rest)
        }
        _ => (DOCKER_HUB, image),
    };
    let official = registry == DOCKER_HUB && !rest.contains('/');
    (registry, if official { format!("library/{rest}") } else { rest.to_owned() })
}

fn refuse_normalized(image: &str) -> Option<String> {
    static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
        let part = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
        let registry = format!(r"(?:{part}(?:\.{part})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?");
        let component = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*";
        let tag = "[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}";
        let algorithm = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*";
        let whole = format!(
            "^{registry}/(?<name>{component}(?:/{component})*)(?::{tag})?(?:@(?<digest>{algorithm}:[0-9a-fA-F]{{32,}}))?$"
        );
        Regex::new(&whole).expect("a constant pattern")
    });
    let Some(found) = REFERENCE.captures(image) else { return Some(INVALID.to_owned()) };
    if found["name"].len() > MAX_NAME {
        return Some(format!("repository name must not be more than {MAX_NAME} characters"));
    }
    refuse_digest(found.name("digest")?.as_str()).map(str::to_owned)
}

fn refuse_digest(digest: &str) -> Option<&'static str> {
    let (algorithm, hex) = digest.split_once(':')?;
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return Some("unsupported digest algorithm"),
    };
    if hex.len() != length {
        return Some("invalid checksum digest length");
    }
    hex.contains(|c: char| c.is_ascii_uppercase()).then_some("invalid checksum digest format")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_can_be_pulled_is_taken() {
        let digest = format!("p@sha256:{}", "0a".repeat(32));
        let tagged = format!("r.io/p:{}@sha512:{}", "v".repeat(128), "0".repeat(128));
        let long = format!("r.io/{}", "a".repeat(255));
        for image in [
            "busybox",
            "busybox:1.36",
            "acme/p__q/r-s--t.u:V1_.-",
            "localhost/p",
            "localhost:5000/p:v1",
            "R.example.com:443/p",
            "[::1]:5000/p",
            "ACME/p",
            &digest,
            &tagged,
            &long,
        ] {
            assert_eq!(refuse(image), None, "{image}");
        }
    }

    #[test]
    fn what_can_never_be_pulled_is_refused_in_the_kubelets_words() {
        let short = format!("p@sha256:{}", "0".repeat(63));
        let upper = format!("p@sha256:{}", "A".repeat(64));
        let other = format!("p@md5:{}", "0".repeat(32));
        let long = format!("r.io/{}", "a".repeat(256));
        let tag = format!("p:{}", "v".repeat(129));
        let id = "0a".repeat(32);
        let id_said = format!("invalid repository name ({id}), cannot specify 64-byte hexadecimal strings");
        for (image, why) in [
            ("acme/P:v1", "invalid reference format: repository name (acme/P) must be lowercase"),
            ("P", "invalid reference format: repository name (library/P) must be lowercase"),
            ("r.io/P/q", "invalid reference format: repository name (P/q) must be lowercase"),
            (&short, "invalid checksum digest length"),
            (&upper, "invalid checksum digest format"),
            (&other, "unsupported digest algorithm"),
            (&long, "repository name must not be more than 255 characters"),
            (&id, &id_said),
            (&tag, INVALID),
            ("a b", INVALID),
            ("acme/p@sha256:abc", INVALID),
            ("x:v 1", INVALID),
            ("http://x/y", INVALID),
            ("../x", INVALID),
            (":v1", INVALID),
            ("-x", INVALID),
            ("acme/p:", INVALID),
            ("acme/p:v1:v2", INVALID),
            ("acme//p", INVALID),
            ("p..q", INVALID),
            ("r.io/", INVALID),
            ("busybox:1.36\n", INVALID),
            ("é", INVALID),
        ] {
            assert_eq!(refuse(image).as_deref(), Some(why), "{image}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(any in "\\PC{0,40}", near in "[-a-zA-Z0-9:@/._\\[\\] ]{0,80}") {
            refuse(&any);
            refuse(&near);
        }

        #[test]
        fn names_with_a_registry_and_a_tag_are_taken(image in "([a-z0-9]{1,9}\\.io(:[0-9]{2,4})?/)?[a-z0-9]{1,9}(/[a-z0-9]{1,9}){0,3}:[\\w&&[:ascii:]]{1,9}") {
            prop_assert_eq!(refuse(&image), None);
        }
    }
}
