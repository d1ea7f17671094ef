//! Everything that the platform would refuse and that needs no container to be known.

use std::path::Path;

use crate::cli::{Check, Global};
use crate::diagnostic::{Source, SourceError};
use crate::exit::Exit;
use crate::kratix::{Finding, Promise, Severity, WorkflowType, admission, resource_object};
use crate::report::terminal::Terminal;
use crate::report::words::Count;
use crate::suite::discovery::{Test, discover};
use crate::suite::repository::{Found, PromiseFile, find};
use crate::suite::requests;
use crate::suite::settings::Settings;

/// Checks the Promises of a folder, their tests and requests; lists all that is wrong.
pub(super) fn check(_: &Check, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let files = match find(&global.dir)? {
        Found::One(file) => vec![Ok(file)],
        Found::Below(files) => files,
    };
    let mut exit = Exit::Success;
    let mut count = Total::default();
    for file in files {
        match file.and_then(|file| Checked::read(&file)) {
            Ok(checked) => exit = exit.and(checked.show(terminal, &mut count)),
            Err(error) => {
                terminal.error(&error.into());
                exit = exit.and(Exit::Usage);
            }
        }
    }
    terminal.show(&count.sentence());
    Ok(exit)
}

/// How much was found.
#[derive(Debug, Default)]
struct Total {
    errors: usize,
    warnings: usize,
    files: usize,
}

impl Total {
    fn sentence(&self) -> String {
        let [files, errors, warnings] =
            [Count(self.files, "file"), Count(self.errors, "error"), Count(self.warnings, "warning")];
        format!("{files} checked: {errors}, {warnings}\n")
    }
}

/// What is wrong with a Promise, its tests and its requests.
struct Checked {
    findings: Vec<Finding>,
    errors: Vec<SourceError>,
    files: usize,
}

impl Checked {
    fn read(file: &PromiseFile) -> Result<Self, SourceError> {
        let promise = Promise::read(&file.source)?;
        let path = &file.source.path;
        let findings = admission::check(&promise).iter().map(|problem| problem.finding(path)).collect();
        let mut checked = Self { findings, errors: Vec::new(), files: 1 };
        let settings = Settings::load(&file.root, &file.folder)?;
        for test in discover(file, &settings)? {
            match test {
                Ok(test) => checked.test(&promise, &test),
                Err(broken) => checked.errors.push(broken.error),
            }
        }
        for request in requests::examples(&file.folder, &promise) {
            checked.request(&promise, &request, None);
        }
        Ok(checked)
    }

    fn test(&mut self, promise: &Promise, test: &Test) {
        let refused = test.settings.expect().and_then(|expect| expect.refused.as_deref());
        if test.target.workflow.kind == WorkflowType::Resource {
            self.request(promise, &test.request, refused);
        }
    }

    /// `refused` is a part of what the platform is expected to say.
    fn request(&mut self, promise: &Promise, path: &Path, refused: Option<&str>) {
        self.files += 1;
        let document = Source::read(path).and_then(|source| source.document());
        let document = match document {
            Ok(document) => document,
            Err(error) => return self.errors.push(error),
        };
        match resource_object(promise, crate::kratix::WorkflowAction::Configure, &document.root) {
            Ok(object) => {
                self.findings.extend(object.remarks.iter().map(|problem| problem.finding(path)));
            }
            Err(refusal) if refused.is_some_and(|part| refusal.text.contains(part)) => {}
            Err(refusal) => {
                self.findings.extend(refusal.problems.iter().map(|problem| problem.finding(path)));
            }
        }
    }

    fn show(&self, terminal: &Terminal, count: &mut Total) -> Exit {
        for finding in &self.findings {
            terminal.finding(finding);
        }
        for error in &self.errors {
            terminal.error(&error.clone().into());
        }
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        count.files += self.files;
        count.errors += errors + self.errors.len();
        count.warnings += self.findings.len() - errors;
        if errors + self.errors.len() > 0 { Exit::Failed } else { Exit::Success }
    }
}
