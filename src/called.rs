//! What the program was called by, so that whatever it tells to type can be typed: its own name, or `kratix test`.
//!
//! The kratix command runs the first `kratix-test` on PATH in its own place, with that path for a name and the
//! environment that it had. Shells say in `_` what they ran; those that do not leave it as they found it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const OURS: &str = "kratix-test";
const PLUGIN: &str = "kratix test";
const KRATIX: &str = "kratix";

static NAME: OnceLock<String> = OnceLock::new();

/// What the user types to call the program.
pub(crate) fn name() -> &'static str {
    NAME.get().map_or(OURS, String::as_str)
}

/// Learns it from the first argument and the environment; the first time counts.
pub(crate) fn learn(argument: Option<&OsStr>) {
    let variable = |name| std::env::var_os(name).unwrap_or_default();
    let (shell, path) = (variable("_"), variable("PATH"));
    let found = argument.map(|argument| told(Path::new(argument), Path::new(&shell), &path));
    // Whoever was first is right.
    let _ = NAME.set(found.unwrap_or_else(|| OURS.to_owned()));
}

/// `program` is the first argument, `shell` what a shell says that it ran.
fn told(program: &Path, shell: &Path, path: &OsStr) -> String {
    let file = program.file_name().unwrap_or_default().to_string_lossy();
    if file != OURS {
        return if file.is_empty() { OURS.to_owned() } else { file.into_owned() };
    }
    let by_kratix = program.components().count() > 1
        && (shell.file_name() == Some(OsStr::new(KRATIX))
            || shell != program && is_the_one_of_kratix(program, path));
    if by_kratix { PLUGIN } else { OURS }.to_owned()
}

/// Whether there is a kratix command, which would find this program.
fn is_the_one_of_kratix(program: &Path, path: &OsStr) -> bool {
    let first = |name: &str| {
        let places = std::env::split_paths(path).map(|folder| folder.join(name));
        places.into_iter().find(|place: &PathBuf| place.is_file())
    };
    first(KRATIX).is_some() && first(OURS).is_some_and(|first| first == program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_told_from_what_kratix_runs() {
        let told =
            |program: &str, shell: &str| told(Path::new(program), Path::new(shell), OsStr::new("/nowhere"));
        assert_eq!(told("/opt/bin/kratix-test", "/usr/bin/kratix"), "kratix test");
        assert_eq!(told("/opt/bin/kratix-test", "./kratix"), "kratix test");
        assert_eq!(told("kratix-test", "/usr/bin/kratix"), "kratix-test");
        assert_eq!(told("/opt/bin/kratix-test", "/opt/bin/kratix-test"), "kratix-test");
        assert_eq!(told("/opt/bin/kratix-test", "/usr/bin/make"), "kratix-test");
        assert_eq!(told("/opt/bin/kt", "/usr/bin/kratix"), "kt");
        assert_eq!(told("", ""), "kratix-test");
    }

    #[test]
    fn where_the_shell_says_nothing_the_path_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join(OURS);
        std::fs::write(&program, "").expect("a file");
        let path = folder.path().as_os_str();
        let told = |shell: &Path| told(&program, shell, path);
        assert_eq!(told(Path::new("/usr/bin/make")), "kratix-test");
        std::fs::write(folder.path().join(KRATIX), "").expect("a file");
        assert_eq!(told(Path::new("/usr/bin/make")), "kratix test");
        assert_eq!(told(&program), "kratix-test");
    }
}
