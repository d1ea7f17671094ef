//! The scripts, Makefiles and CI files that may run the pipelines of a Promise, and what they say of that.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::container::{self, Run};
use super::ground::Ground;
use super::plugin::{self, Golden};
use crate::diagnostic::Source;
use crate::script::{Invocation, Script, walk};
use crate::suite::repository::yaml_files;
use crate::yaml::{Node, Value};

/// More folders than anybody keeps scripts in.
const LIMIT: usize = 20_000;
/// Folders of a repository's scripts.
const FOLDERS: [&str; 5] = ["", "scripts", "hack", "bin", "ci"];
/// Keys of CI files whose text is run.
const KEYS: [&str; 5] = ["run", "script", "before_script", "after_script", "command"];

/// What a script says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Container(Run),
    Plugin(Golden),
}

impl Said {
    pub(super) fn line(&self) -> usize {
        match self {
            Self::Container(run) => run.line,
            Self::Plugin(golden) => golden.line,
        }
    }

    /// The folder or file with the request.
    fn input(&self) -> Option<PathBuf> {
        match self {
            Self::Container(run) => run.input(),
            Self::Plugin(golden) => Some(golden.input.clone()),
        }
    }
}

/// What every script says that may be about tests at or below `from`, by the script.
pub(super) fn find(ground: &Ground<'_>, from: &Path) -> Vec<(PathBuf, Said)> {
    let mut found = Vec::new();
    for path in scripts(ground, from) {
        let Some(script) = Script::read(&path) else { continue };
        let starts = starts(ground, &path, script.is_makefile);
        found.extend(said(&starts, |start| walk(&script, &path, &ground.root, start), &path));
    }
    for path in ci_files(ground, from) {
        let Ok(source) = Source::read(&path) else { continue };
        for document in source.documents().unwrap_or_default() {
            steps(&source, &document.root, "", &mut |text, line, directory| {
                let script = Script { text: text.to_owned(), is_makefile: false };
                let run = |start: &Path| {
                    let mut commands = walk(&script, &path, &ground.root, start);
                    for command in &mut commands {
                        command.line += line - 1;
                    }
                    commands
                };
                found.extend(said(&[ground.root.join(directory)], run, &path));
            });
        }
    }
    found
}

/// What the commands of a script say, started in the first folder where what they mount is there.
fn said(starts: &[PathBuf], run: impl Fn(&Path) -> Vec<Invocation>, path: &Path) -> Vec<(PathBuf, Said)> {
    let read = |command: &Invocation| {
        container::read(command).map(Said::Container).or_else(|| plugin::read(command).map(Said::Plugin))
    };
    let mut first = None;
    for start in starts {
        let said: Vec<Said> = run(start).iter().filter_map(read).collect();
        if said.iter().any(|said| said.input().is_some_and(|input| input.exists())) {
            first = Some(said);
            break;
        }
        first.get_or_insert(said);
    }
    first.into_iter().flatten().map(|said| (path.to_owned(), said)).collect()
}

/// Where a script may be started: a Makefile in its folder, another one in the Promise's or anywhere above it.
fn starts(ground: &Ground<'_>, script: &Path, is_makefile: bool) -> Vec<PathBuf> {
    let above = script.ancestors().skip(1).take_while(|above| above.starts_with(&ground.root));
    if is_makefile {
        return above.take(1).map(Path::to_owned).collect();
    }
    let first = script.starts_with(&ground.folder).then(|| ground.folder.clone());
    first.into_iter().chain(above.map(Path::to_owned)).collect()
}

/// Files that may be scripts, by their names.
fn scripts(ground: &Ground<'_>, from: &Path) -> BTreeSet<PathBuf> {
    if from.is_file() {
        return BTreeSet::from([from.to_owned()]);
    }
    let mut scripts = BTreeSet::new();
    let mut folders: Vec<(PathBuf, bool)> = FOLDERS.map(|name| (ground.root.join(name), false)).into();
    folders.extend([(from.to_owned(), true), (ground.folder.clone(), true)]);
    let mut seen = BTreeSet::new();
    while let Some((folder, deep)) = folders.pop() {
        if seen.len() > LIMIT || !seen.insert(folder.clone()) {
            continue;
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        scripts.extend(files.map(|entry| entry.path()).filter(|path| may_be_script(path)));
        if deep {
            folders.extend(ground.subfolders(&folder).into_iter().map(|below| (below, true)));
        }
    }
    scripts
}

fn may_be_script(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_none_or(|extension| matches!(extension.as_str(), "sh" | "bash" | "mk"))
}

fn ci_files(ground: &Ground<'_>, from: &Path) -> Vec<PathBuf> {
    if from.is_file() {
        return Vec::new();
    }
    let mut files = yaml_files(&ground.root.join(".github/workflows"));
    files.extend([".gitlab-ci.yml", ".circleci/config.yml"].map(|name| ground.root.join(name)));
    files.retain(|path| ground.inside(path).is_some());
    files
}

/// Every text of a CI file that is run: where it begins, and in which folder.
fn steps(source: &Source, node: &Node, directory: &str, tell: &mut dyn FnMut(&str, usize, &str)) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| steps(source, item, directory, tell)),
        Value::Map(map) => {
            let own = node.text("working-directory").or_else(|| node.text("working_directory"));
            let directory = own.unwrap_or(directory);
            for (key, entry) in map {
                if KEYS.contains(&key.as_str()) {
                    texts(source, &entry.node, directory, tell);
                }
                steps(source, &entry.node, directory, tell);
            }
        }
        _ => {}
    }
}

fn texts(source: &Source, node: &Node, directory: &str, tell: &mut dyn FnMut(&str, usize, &str)) {
    match &node.value {
        Value::String(text) => {
            let all = String::from_utf8_lossy(&source.bytes);
            let written = all.lines().nth(node.at.line - 1).unwrap_or_default();
            // The text of a block begins on the next line.
            let is_block = written.chars().nth(node.at.column - 1).is_some_and(|c| c == '|' || c == '>');
            tell(text, node.at.line + usize::from(is_block), directory);
        }
        Value::List(items) => items.iter().for_each(|item| texts(source, item, directory, tell)),
        _ => {}
    }
}
