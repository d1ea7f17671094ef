//! Which programs a shell finds: ours, another of its name, and the kratix CLI that runs us.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Probe;

/// The name that the kratix CLI looks for when it is called as `kratix test`.
const OURS: &str = "kratix-test";

/// Where a shell looks for programs, and where this one is.
pub(crate) struct Programs<'a> {
    pub(crate) path: &'a OsStr,
    pub(crate) ourselves: &'a Path,
}

/// What a shell runs in place of this program, or that it is this one.
enum First {
    Us,
    Other(PathBuf),
    None,
}

impl Programs<'_> {
    /// Whether a shell finds this program under its name.
    pub(crate) fn ours(&self) -> Probe {
        match self.first() {
            First::Us => Probe::ok("program", "this is the first kratix-test on PATH"),
            First::Other(other) => Probe::warning(
                "program",
                format!("another kratix-test is earlier on PATH: {}", other.display()),
            )
            .mend(self.put_first()),
            First::None => Probe::warning("program", "kratix-test is not on PATH").mend(self.put_first()),
        }
    }

    /// What `kratix test` would run: the first `kratix-test` on PATH.
    pub(crate) fn kratix(&self) -> Probe {
        let Some(kratix) = self.find("kratix") else {
            return Probe::ok("kratix", "the kratix CLI is not there; with it, `kratix test` would run us");
        };
        let kratix = kratix.display();
        match self.first() {
            First::Us => Probe::ok("kratix", format!("`kratix test` runs this program, by {kratix}")),
            First::Other(other) => {
                let text = format!("`kratix test` runs {}, and not this program", other.display());
                Probe::warning("kratix", text).mend(self.put_first())
            }
            First::None => {
                Probe::warning("kratix", "`kratix test` finds no kratix-test").mend(self.put_first())
            }
        }
    }

    fn first(&self) -> First {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match self.find(OURS) {
            Some(found) if real(&found) == real(self.ourselves) => First::Us,
            Some(other) => First::Other(other),
            None => First::None,
        }
    }

    /// The first program of a name, as a shell finds it.
    fn find(&self, name: &str) -> Option<PathBuf> {
        std::env::split_paths(self.path).map(|folder| folder.join(name)).find(|file| is_program(file))
    }

    fn put_first(&self) -> String {
        let folder = self.ourselves.parent().unwrap_or(Path::new("."));
        format!("export PATH=\"{}:$PATH\"", folder.display())
    }
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::super::Verdict;
    use super::*;

    fn program(folder: &Path, name: &str, mode: u32) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let file = folder.join(name);
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn the_first_kratix_test_on_path_is_ours_or_not() {
        let root = tempfile::tempdir().unwrap();
        let [near, far] = ["near", "far"].map(|name| root.path().join(name));
        let ourselves = program(&far, "kratix-test", 0o755);
        let probe = |folders: &[&PathBuf]| {
            let path = std::env::join_paths(folders).unwrap();
            Programs { path: &path, ourselves: &ourselves }.ours()
        };
        assert_eq!(probe(&[&near, &far]).verdict, Verdict::Ok);
        // A file that cannot be run is passed over.
        program(&near, "kratix-test", 0o644);
        assert_eq!(probe(&[&near, &far]).verdict, Verdict::Ok);
        let other = program(&near, "kratix-test", 0o755);
        let found = probe(&[&near, &far]);
        assert_eq!(found.text, format!("another kratix-test is earlier on PATH: {}", other.display()));
        assert_eq!(found.mend, Some(format!("export PATH=\"{}:$PATH\"", far.display())));
        assert_eq!(probe(&[]).text, "kratix-test is not on PATH");
    }

    #[test]
    fn a_link_to_this_program_is_this_program() {
        let root = tempfile::tempdir().unwrap();
        let ourselves = program(&root.path().join("far"), "kratix-test", 0o755);
        std::os::unix::fs::symlink(&ourselves, root.path().join("kratix-test")).unwrap();
        let programs = Programs { path: root.path().as_os_str(), ourselves: &ourselves };
        assert_eq!(programs.ours().verdict, Verdict::Ok);
    }

    #[test]
    fn the_kratix_cli_runs_the_first_kratix_test() {
        let root = tempfile::tempdir().unwrap();
        let ourselves = program(&root.path().join("far"), "kratix-test", 0o755);
        let kratix = || Programs { path: root.path().as_os_str(), ourselves: &ourselves }.kratix();
        assert!(kratix().text.contains("is not there"));
        program(root.path(), "kratix", 0o755);
        assert_eq!(kratix().text, "`kratix test` finds no kratix-test");
        let other = program(root.path(), "kratix-test", 0o755);
        assert_eq!(kratix().text, format!("`kratix test` runs {}, and not this program", other.display()));
    }
}
