//! Which file says each setting that applies to a folder, and on which line.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::settings::{Settings, is_secret};
use crate::diagnostic::Source;
use crate::yaml::Node;

/// Settings that are merged by key.
const MAPS: [&str; 4] = ["env", "findings", "images", "stages"];

/// A setting that applies, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `network`, or `env.USER`.
    pub(crate) setting: String,
    /// As JSON writes it.
    pub(crate) value: String,
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
}

/// The settings of a folder, in the order in which the files say them. Files that cannot be read say nothing.
pub(crate) fn origins(root: &Path, folder: &Path) -> Vec<Origin> {
    let mut origins: IndexMap<String, Origin> = IndexMap::new();
    for file in Settings::files(root, folder) {
        let Ok(source) = Source::read(&file) else { continue };
        let Some(document) = source.documents().ok().and_then(|documents| documents.into_iter().next())
        else {
            continue;
        };
        for (setting, line, node) in said(&document.root) {
            // Null takes back what an outer file says.
            origins.shift_remove(&setting);
            if !node.is_null() {
                let value = shown(&setting, node);
                let origin = Origin { setting: setting.clone(), value, file: file.clone(), line };
                origins.insert(setting, origin);
            }
        }
    }
    origins.into_values().collect()
}

/// What a file says, setting by setting.
fn said(root: &Node) -> Vec<(String, usize, &Node)> {
    let mut said = Vec::new();
    for (key, entry) in root.as_map().into_iter().flatten() {
        match entry.node.as_map().filter(|_| MAPS.contains(&key.as_str())) {
            Some(map) => {
                let inner =
                    map.iter().map(|(name, inner)| (format!("{key}.{name}"), inner.key_at.line, &inner.node));
                said.extend(inner);
            }
            None => said.push((key.clone(), entry.key_at.line, &entry.node)),
        }
    }
    said
}

/// The value, unless its name says that it is a secret.
fn shown(setting: &str, node: &Node) -> String {
    let hides = setting.strip_prefix("env.").is_some_and(is_secret) && node.as_str().is_some();
    if hides { "<masked>".to_owned() } else { node.to_json().to_string() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_file_is_named_with_the_line() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("test")).expect("a folder");
        let outer = "network: none\nenv:\n  A: a\n  B_TOKEN: hunter2\nignore: [x]\ntimeout: 1s\n";
        fs::write(folder.path().join("kratix-test.yaml"), outer).expect("a file");
        let inner = "# here\nenv: {A: b, C: {from: C}}\ntimeout: null\n";
        fs::write(folder.path().join("test/kratix-test.yaml"), inner).expect("a file");
        let shown = |origin: Origin| {
            let file = origin.file.strip_prefix(folder.path()).expect("below").display().to_string();
            format!("{}={} {file}:{}", origin.setting, origin.value, origin.line)
        };
        let found: Vec<String> =
            origins(folder.path(), &folder.path().join("test")).into_iter().map(shown).collect();
        assert_eq!(
            found,
            [
                "network=\"none\" kratix-test.yaml:1",
                "env.B_TOKEN=<masked> kratix-test.yaml:4",
                "ignore=[\"x\"] kratix-test.yaml:5",
                "env.A=\"b\" test/kratix-test.yaml:2",
                "env.C={\"from\":\"C\"} test/kratix-test.yaml:2",
            ]
        );
    }
}
