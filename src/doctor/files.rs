//! How files get to the stages, and which platforms run where files are shared.

use std::collections::BTreeSet;
use std::path::Path;

use super::Probe;
use crate::engine::{About, EngineError, Sharing};

const NAME: &str = "files";

/// Whether stages work on folders of ours.
pub(crate) fn shared(sharing: &Result<Option<Sharing>, EngineError>) -> Probe {
    match sharing {
        Ok(Some(Sharing::Shared)) => Probe::ok(NAME, "the engine shares our file system"),
        Ok(Some(Sharing::NotSeen)) => through_the_api("the engine does not see our file system"),
        Ok(Some(Sharing::Apart(reason))) => through_the_api(reason),
        Ok(None) => {
            Probe::unknown(NAME, "the engine has no image to find out with; a run finds out by itself")
        }
        Err(error) => Probe::warning(NAME, format!("it cannot be found out: {error}")),
    }
}

fn through_the_api(reason: &str) -> Probe {
    Probe::ok(NAME, format!("through the engine's API, a little slower: {reason}"))
}

/// The platforms whose images run: the engine's own, and those that its kernel hands to an emulator.
///
/// `handlers` is where the kernel lists these; without it the engine is elsewhere.
pub(crate) fn platform(about: &About, handlers: Option<&Path>) -> Probe {
    let own = &about.platform;
    let Some(handlers) = handlers else { return Probe::ok("platform", own.clone()) };
    let emulated = emulated(handlers);
    let emulated: Vec<&str> =
        emulated.iter().map(String::as_str).filter(|name| !own.ends_with(name)).collect();
    let others = if emulated.is_empty() {
        "images of other platforms do not run".to_owned()
    } else {
        format!("emulates {}", emulated.join(", "))
    };
    Probe::ok("platform", format!("{own}; {others}"))
}

/// What docker calls the architectures of `qemu-aarch64` and the like.
fn emulated(handlers: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(handlers).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let architecture = |name: String| Some(docker_name(name.strip_prefix("qemu-")?).to_owned());
    names.filter_map(architecture).collect()
}

fn docker_name(architecture: &str) -> &str {
    match architecture {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "i386" => "386",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_that_the_kernel_can_emulate_are_listed() {
        let about = About { platform: "linux/amd64".to_owned(), ..About::default() };
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(platform(&about, None).text, "linux/amd64");
        let text = |folder| platform(&about, Some(folder)).text;
        assert_eq!(text(folder.path()), "linux/amd64; images of other platforms do not run");
        for name in ["qemu-aarch64", "qemu-x86_64", "register", "status", "qemu-s390x"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(text(folder.path()), "linux/amd64; emulates arm64, s390x");
    }

    #[test]
    fn that_nothing_could_be_found_out_is_said() {
        assert_eq!(shared(&Ok(None)).verdict, super::super::Verdict::Unknown);
        let error =
            EngineError::Request { doing: "making a workspace".to_owned(), reason: "no space".to_owned() };
        assert_eq!(shared(&Err(error)).text, "it cannot be found out: making a workspace: no space");
    }
}
