//! The full name of an image, by which archives and container runtimes know it.

use std::fmt;

/// `docker.io/library/busybox:1.36` for `busybox:1.36`: with registry, and with a tag or a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    repository: String,
    version: Version,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Version {
    Tag(String),
    Digest(String),
}

impl Name {
    /// The full name that a reference stands for.
    ///
    /// Kubernetes and containerd read references so: of a tag and a digest the digest counts, of neither `latest`.
    pub(crate) fn of(reference: &str) -> Self {
        let (tagged, digest) =
            reference.split_once('@').map_or((reference, None), |(tagged, digest)| (tagged, Some(digest)));
        let last = tagged.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match tagged[last..].split_once(':') {
            Some((name, tag)) => (&tagged[..last + name.len()], tag),
            None => (tagged, "latest"),
        };
        let version = match digest {
            Some(digest) => Version::Digest(digest.to_owned()),
            None => Version::Tag(tag.to_owned()),
        };
        Self { repository: with_registry(repository), version }
    }

    /// The tag, unless it is named by digest.
    pub(crate) fn tag(&self) -> Option<&str> {
        match &self.version {
            Version::Tag(tag) => Some(tag),
            Version::Digest(_) => None,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Version::Tag(tag) => write!(f, "{}:{tag}", self.repository),
            Version::Digest(digest) => write!(f, "{}@{digest}", self.repository),
        }
    }
}

/// Docker Hub's name is added where the first part is not the name of a machine.
fn with_registry(repository: &str) -> String {
    let (registry, path) = match repository.split_once('/') {
        Some((host, path)) if host == "localhost" || host.contains(['.', ':']) => (host, path),
        _ => ("docker.io", repository),
    };
    match registry {
        "docker.io" | "index.docker.io" if !path.contains('/') => format!("docker.io/library/{path}"),
        "index.docker.io" => format!("docker.io/{path}"),
        registry => format!("{registry}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_full_as_the_docker_command_does() {
        for (reference, expected) in [
            ("busybox", "docker.io/library/busybox:latest"),
            ("busybox:1.36", "docker.io/library/busybox:1.36"),
            ("acme/x", "docker.io/acme/x:latest"),
            ("docker.io/busybox:1", "docker.io/library/busybox:1"),
            ("index.docker.io/acme/x:1", "docker.io/acme/x:1"),
            ("ghcr.io/acme/x:1", "ghcr.io/acme/x:1"),
            ("localhost/x", "localhost/x:latest"),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
            ("host:5000/a/b:1", "host:5000/a/b:1"),
            ("acme/x@sha256:01", "docker.io/acme/x@sha256:01"),
            ("ghcr.io/acme/x:1@sha256:01", "ghcr.io/acme/x@sha256:01"),
        ] {
            assert_eq!(Name::of(reference).to_string(), expected, "{reference}");
        }
    }

    #[test]
    fn a_digest_has_no_tag() {
        assert_eq!(Name::of("x").tag(), Some("latest"));
        assert_eq!(Name::of("x:1@sha256:01").tag(), None);
    }
}
