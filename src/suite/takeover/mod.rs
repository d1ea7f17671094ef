//! Tests in another layout, read as tests in ours: folders that are named otherwise, and what scripts give a container.
//!
//! | file | knows |
//! |---|---|
//! | `layout` | which folders together are a test |
//! | `scripts` | which scripts, Makefiles and CI files may run one |
//! | `container`, `plugin` | what `docker run` and `kratix test pipeline` say |
//! | `target` | which workflow, pipeline or stage a test is of |
//! | `names`, `copied`, `given` | what it is called, which files it begins with, what its settings say |
//! | `written` | all of that, as tests to offer |
//! | `ground` | the repository, outside of which nothing is read |

mod case;
mod container;
mod copied;
mod given;
mod ground;
mod kept;
mod layout;
mod names;
mod plugin;
mod scripts;
mod target;
#[cfg(test)]
mod tests;
mod written;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use case::{Case, Expected};
use container::Run;
use ground::Ground;
use names::Names;
use plugin::Golden;
use scripts::Said;

use super::PromiseSuite;
use super::scaffold::offer::Offer;
use crate::diagnostic::SourceError;

/// The request of a test.
const REQUEST: &str = "object.yaml";

/// What was found in another layout.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Takeover {
    pub(crate) offers: Vec<Offer>,
    /// What tests lack that are read as they are otherwise.
    pub(crate) completed: Vec<Completed>,
    /// Tests that need no taking over: they are read as they are.
    pub(crate) as_they_are: Vec<PathBuf>,
    /// What is not taken over, or only in part.
    pub(crate) notes: Vec<Note>,
}

/// Files that a test lacks which is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Completed {
    pub(crate) folder: PathBuf,
    /// Its name is empty: its files are right in the folder.
    pub(crate) offer: Offer,
}

/// Something to know of a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Note {
    pub(crate) path: PathBuf,
    pub(crate) line: Option<usize>,
    pub(crate) text: String,
}

/// An image of the Promise, and the real path of the folder whose Dockerfile builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    pub(crate) folder: PathBuf,
    pub(crate) image: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// The tests of a Promise that a folder holds in another layout, or that a script there runs.
pub(crate) fn read(from: &Path, promise: &PromiseSuite, beside: &[Beside]) -> Result<Takeover, SourceError> {
    let ground = Ground::of(promise, beside);
    let Some(real) = ground.inside(from) else {
        return Err(match from.exists() {
            true => {
                SourceError::whole(from, "is outside of the Promise's repository, and nothing is read there")
                    .hint("copy it into the repository first")
            }
            false => SourceError::whole(from, "is not there"),
        });
    };
    let mut gathered = Gathered { ground: &ground, cases: Vec::new(), notes: Vec::new() };
    if real.is_dir() {
        let found = layout::find(&ground, &real);
        (gathered.cases, gathered.notes) = (found.cases, found.notes);
    }
    for (script, said) in scripts::find(&ground, &real) {
        gathered.add(&real, &script, said);
    }
    if gathered.cases.is_empty() && gathered.notes.is_empty() {
        return Err(SourceError::whole(from, "holds no tests in a layout that is known").hint(
            "known are input/ with output/ or expected/, test-input/ with test-output/, before/ with after/, and what \
             scripts say with `docker run -v …:/kratix/input` or `kratix test pipeline`",
        ));
    }
    Ok(gathered.finish())
}

/// Tests on the way to ours.
struct Gathered<'g> {
    ground: &'g Ground<'g>,
    cases: Vec<Case>,
    notes: Vec<Note>,
}

impl Gathered<'_> {
    /// Adds what a script says, if it is about what is taken over.
    fn add(&mut self, from: &Path, script: &Path, said: Said) {
        let line = said.line();
        let case = match said {
            Said::Container(run) => self.of_container(from, script, &run),
            Said::Plugin(golden) => self.of_plugin(from, script, golden),
        };
        let Some(mut case) = case else { return };
        case.script = Some((script.to_owned(), line));
        let is_same = |known: &Case| {
            known.input == case.input || known.request.is_some() && known.request == case.request
        };
        let known = self.cases.iter_mut().filter(|known| is_same(known));
        let mut known = known.filter(|known| {
            let folder =
                |expected: &Option<Expected>| expected.as_ref().map(|expected| expected.folder.clone());
            known.output.is_none() || case.output.is_none() || folder(&known.output) == folder(&case.output)
                // A run writes where it likes; what it is compared with is elsewhere.
                || case.output.as_ref().is_some_and(|output| !output.asserted)
        });
        match known.next() {
            None => self.cases.push(case),
            Some(known) if known.script.is_none() => {
                known.script = case.script;
                known.given = case.given;
                known.output = known.output.take().or(case.output);
                known.metadata = known.metadata.take().or(case.metadata);
            }
            Some(known) if known.given == case.given => {}
            Some(known) => {
                let (first, first_line) = known.script.clone().unwrap_or_default();
                let first = self.ground.shown(&first);
                let text = format!(
                    "runs what {}:{first_line} runs, in another way, and is not taken over",
                    first.display()
                );
                self.note_at(script, line, text);
            }
        }
    }

    fn of_container(&mut self, from: &Path, script: &Path, run: &Run) -> Option<Case> {
        let input = run.input();
        let is_ours = script.starts_with(&self.ground.folder)
            || input.as_ref().is_some_and(|input| input.starts_with(&self.ground.folder));
        let is_asked =
            script.starts_with(from) || input.as_ref().is_some_and(|input| input.starts_with(from));
        if !is_ours || !is_asked {
            return None;
        }
        let line = run.line;
        for text in &run.left_out {
            self.note_at(script, line, format!("is taken over without {text}"));
        }
        let Some(input) = input else {
            self.note_at(
                script,
                line,
                "is not taken over: nothing that is known is mounted at /kratix/input",
            );
            return None;
        };
        let Some(input) = self.ground.inside(&input) else {
            let text = format!("is not taken over: its input, {}, is not in the repository", input.display());
            self.note_at(script, line, text);
            return None;
        };
        let mut given = run.given.clone();
        for file in &run.env_files {
            match self.ground.read(file) {
                Ok(source) => given.set_lines(&String::from_utf8_lossy(&source.bytes)),
                Err(note) => self.notes.push(note),
            }
        }
        let left = |name: &str| Some(Expected::left(self.ground.inside(&run.folder(name)?)?));
        let (output, metadata) = (left("output"), left("metadata"));
        let case = self.of_input(input)?;
        Some(Case { output, metadata, given, ..case })
    }

    fn of_plugin(&mut self, from: &Path, script: &Path, golden: Golden) -> Option<Case> {
        let is_ours = self.ground.inside(&golden.folder).is_some_and(|folder| folder == self.ground.folder);
        if !is_ours || !(script.starts_with(from) || golden.input.starts_with(from)) {
            return None;
        }
        let line = golden.line;
        for text in &golden.left_out {
            self.note_at(script, line, format!("is taken over without {text}"));
        }
        let Some(input) = self.ground.inside(&golden.input) else {
            let text =
                format!("is not taken over: its input, {}, is not in the repository", golden.input.display());
            self.note_at(script, line, text);
            return None;
        };
        let output = self.ground.inside(&golden.output).map(Expected::asserted);
        let case = self.of_input(input)?;
        Some(Case { output, given: golden.given, ..case })
    }

    /// A test of what is in a folder, or of one file.
    fn of_input(&mut self, input: PathBuf) -> Option<Case> {
        if input.is_file() {
            return Some(Case {
                home: input.clone(),
                request: Some(input.clone()),
                input,
                ..Case::default()
            });
        }
        match layout::request(self.ground, &input) {
            Ok(Some(request)) => {
                Some(Case { home: input.clone(), request: Some(request), input, ..Case::default() })
            }
            Ok(None) => {
                self.notes
                    .push(self.ground.note(&input, format!("holds no {REQUEST}, so it is not taken over")));
                None
            }
            Err(note) => {
                self.notes.push(note);
                None
            }
        }
    }

    fn note_at(&mut self, script: &Path, line: usize, text: impl Into<String>) {
        self.notes.push(Note { path: self.ground.shown(script), line: Some(line), text: text.into() });
    }

    /// The files that tests of ours begin with.
    fn finish(mut self) -> Takeover {
        let mut takeover = Takeover::default();
        let mut names = Names::of(self.ground);
        for case in &self.cases {
            let existing = self.ground.existing(case);
            let flat =
                case.output.as_ref().is_some_and(|output| !output.without.is_empty() && output.asserted);
            match existing {
                Some(test) if !flat => {
                    takeover.as_they_are.push(test.folder.clone());
                    takeover.completed.extend(written::settings_of(self.ground, case, test, &mut self.notes));
                }
                Some(test) => {
                    takeover.completed.extend(written::in_place(self.ground, case, test, &mut self.notes));
                }
                None => {
                    takeover.offers.extend(written::offer(self.ground, case, &mut names, &mut self.notes));
                }
            }
        }
        let notes: BTreeSet<Note> = self.notes.into_iter().collect();
        takeover.notes = notes.into_iter().collect();
        takeover
    }
}
