//! Which files of a folder git keeps, or would: what a run left in a folder that git ignores is nothing to go by.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// The paths below a folder; nothing where git cannot tell, since it is not there or keeps no such folder.
pub(super) fn by_git(folder: &Path) -> Option<BTreeSet<String>> {
    let output = Command::new("git")
        // A program of the repository's own choice is nothing to start from here.
        .args(["-c", "core.fsmonitor=false", "-C"])
        .arg(folder)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."])
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    output.status.success().then(|| paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_git_ignores_is_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(by_git(folder.path()), None);
        let status = Command::new("git").args(["init", "-q"]).arg(folder.path()).status();
        assert!(status.expect("git is there").success());
        fs::create_dir_all(folder.path().join("out/deep")).expect("a folder");
        for file in ["out/a.yaml", "out/b.log", "out/deep/c.yaml"] {
            fs::write(folder.path().join(file), "").expect("a file");
        }
        fs::write(folder.path().join(".gitignore"), "*.log\n").expect("a file");
        let kept: Vec<String> = by_git(&folder.path().join("out")).expect("known").into_iter().collect();
        assert_eq!(kept, ["a.yaml", "deep/c.yaml"]);
    }
}
