//! Files beside the tests that run them elsewhere: in CI, and before a commit.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Source, SourceError};
use crate::suite::changes::Changes;
use crate::suite::expectation::Written;
use crate::suite::settings::join;

/// A file at the root of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extra {
    Github,
    Gitlab,
    PreCommit,
    Gitignore,
}

/// What became of such a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    Written(Written),
    /// There is one already, which is the author's to change.
    Kept {
        path: PathBuf,
        add: &'static str,
    },
    /// There is one already that says it.
    Said(PathBuf),
}

impl Extra {
    pub(crate) const ALL: [Self; 4] = [Self::Github, Self::Gitlab, Self::PreCommit, Self::Gitignore];

    /// Its path below the root.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows/kratix-test.yaml",
            Self::Gitlab => ".gitlab-ci.yml",
            Self::PreCommit => ".pre-commit-config.yaml",
            Self::Gitignore => ".gitignore",
        }
    }

    /// One line on what it is for.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Github => "a job of GitHub Actions",
            Self::Gitlab => "a job of GitLab CI",
            Self::PreCommit => "a hook that checks before a commit",
            Self::Gitignore => "results are not committed",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Github => include_str!("../../../templates/init/github.yaml"),
            Self::Gitlab => include_str!("../../../templates/init/gitlab.yaml"),
            Self::PreCommit => include_str!("../../../templates/init/pre-commit.yaml"),
            Self::Gitignore => include_str!("../../../templates/init/gitignore"),
        }
    }

    /// Whether a repository has the file.
    pub(crate) fn is_in(self, root: &Path) -> bool {
        fs::symlink_metadata(join(root, self.path())).is_ok()
    }
}

/// Writes files below a root; nothing that exists is touched.
pub(crate) fn write(root: &Path, extras: &[Extra]) -> Result<Vec<Added>, SourceError> {
    let mut changes = Changes::of(root);
    let mut added = Vec::new();
    for extra in extras {
        let path = join(root, extra.path());
        if !extra.is_in(root) {
            changes.store(path, extra.text().as_bytes(), false)?;
            continue;
        }
        let there = Source::read(&path).map(|source| String::from_utf8_lossy(&source.bytes).into_owned());
        added.push(match there.is_ok_and(|there| says(&there, extra.text())) {
            true => Added::Said(path),
            false => Added::Kept { path, add: extra.text() },
        });
    }
    let written = changes.commit()?.into_iter().map(Added::Written);
    Ok(written.chain(added).collect())
}

/// Whether a text has every line of another that says something.
fn says(text: &str, lines: &str) -> bool {
    let is_there = |line: &str| text.lines().any(|other| other.trim() == line.trim());
    lines.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#')).all(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn every_template_is_yaml_with_a_command_of_ours() {
        for extra in [Extra::Github, Extra::Gitlab, Extra::PreCommit] {
            let documents = parse(extra.text().as_bytes()).expect("YAML");
            assert_eq!((documents.len(), documents[0].duplicates.len()), (1, 0), "{extra:?}");
            assert!(extra.text().contains("kratix-test run") || extra.text().contains("kratix-test check"));
        }
        let github = parse(Extra::Github.text().as_bytes()).expect("YAML").remove(0).root.to_json();
        let steps = github["jobs"]["promise"]["steps"].as_array().expect("steps");
        let upload = steps.iter().find(|step| step["if"] == "failure()").expect("an upload");
        assert_eq!(upload["with"]["include-hidden-files"], true);
        let gitlab = parse(Extra::Gitlab.text().as_bytes()).expect("YAML").remove(0).root.to_json();
        assert_eq!(gitlab["promise"]["artifacts"]["when"], "on_failure");
    }

    #[test]
    fn what_is_there_stays_and_what_to_add_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let ignored = folder.path().join(".gitignore");
        fs::write(&ignored, "target\n").expect("a file");
        let added = write(folder.path(), &[Extra::Gitignore, Extra::PreCommit]).expect("written");
        let hook = folder.path().join(".pre-commit-config.yaml");
        let kept = Added::Kept { path: ignored.clone(), add: Extra::Gitignore.text() };
        assert_eq!(added, [Added::Written(Written::Created(hook)), kept]);
        assert_eq!(fs::read_to_string(&ignored).expect("a file"), "target\n");
        fs::write(&ignored, "target\n.kratix-test/\n").expect("a file");
        let added = write(folder.path(), &[Extra::Gitignore]).expect("nothing to write");
        assert_eq!(added, [Added::Said(ignored)]);
    }
}
