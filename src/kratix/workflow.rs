//! Which workflow, which pipeline of it, which stage of that: `resource/configure/setup/create-bucket`.

use std::fmt;
use std::str::FromStr;

use super::problem::nearest;

/// Whether a workflow belongs to the Promise itself or to each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum WorkflowType {
    Promise,
    Resource,
}

/// What a workflow is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum WorkflowAction {
    Configure,
    Delete,
}

/// One of the four workflows of a Promise, written `resource/configure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Workflow {
    pub(crate) kind: WorkflowType,
    pub(crate) action: WorkflowAction,
}

/// A workflow, one pipeline of it, or one stage of that, written `TYPE/ACTION[/PIPELINE[/STAGE]]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Target {
    pub(crate) workflow: Workflow,
    pub(crate) pipeline: Option<String>,
    pub(crate) stage: Option<String>,
}

/// Why a text names no workflow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TargetError(String);

impl WorkflowType {
    pub(crate) const ALL: [Self; 2] = [Self::Promise, Self::Resource];

    /// The word that Kratix uses.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Promise => "promise",
            Self::Resource => "resource",
        }
    }
}

impl WorkflowAction {
    pub(crate) const ALL: [Self; 2] = [Self::Configure, Self::Delete];

    /// The word that Kratix uses.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Delete => "delete",
        }
    }
}

impl Workflow {
    /// The four workflows, in the order that Promises write them.
    pub(crate) const ALL: [Self; 4] = [
        Self::new(WorkflowType::Promise, WorkflowAction::Configure),
        Self::new(WorkflowType::Promise, WorkflowAction::Delete),
        Self::new(WorkflowType::Resource, WorkflowAction::Configure),
        Self::new(WorkflowType::Resource, WorkflowAction::Delete),
    ];

    pub(crate) const fn new(kind: WorkflowType, action: WorkflowAction) -> Self {
        Self { kind, action }
    }

    /// How the platform's messages write it: `resource.configure`.
    pub(crate) fn dotted(self) -> String {
        format!("{}.{}", self.kind, self.action)
    }
}

impl Target {
    /// A whole workflow.
    pub(crate) fn workflow(workflow: Workflow) -> Self {
        Self { workflow, pipeline: None, stage: None }
    }
}

impl fmt::Display for WorkflowType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for WorkflowAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.action)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.workflow.fmt(f)?;
        for part in [&self.pipeline, &self.stage].into_iter().flatten() {
            write!(f, "/{part}")?;
        }
        Ok(())
    }
}

impl FromStr for WorkflowType {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        one_of("workflow type", text, Self::ALL, Self::as_str)
    }
}

impl FromStr for WorkflowAction {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        one_of("workflow action", text, Self::ALL, Self::as_str)
    }
}

impl FromStr for Workflow {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let target: Target = text.parse()?;
        match target.pipeline {
            None => Ok(target.workflow),
            Some(_) => Err(TargetError(format!("{text:?} names more than a workflow, which is TYPE/ACTION"))),
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = |why: &str| {
            TargetError(format!(
                "{text:?} {why}: write TYPE/ACTION[/PIPELINE[/STAGE]], such as resource/configure"
            ))
        };
        let mut parts = text.split('/');
        let kind = parts.next().filter(|part| !part.is_empty()).ok_or_else(|| wrong("names no workflow"))?;
        let kind = kind.parse()?;
        let action = parts.next().filter(|part| !part.is_empty()).ok_or_else(|| wrong("has no action"))?;
        let workflow = Workflow { kind, action: action.parse()? };
        let [pipeline, stage] = [parts.next(), parts.next()].map(|part| part.map(str::to_owned));
        if parts.next().is_some() {
            return Err(wrong("has too many parts"));
        }
        if [&pipeline, &stage].into_iter().flatten().any(String::is_empty) {
            return Err(wrong("has an empty part"));
        }
        Ok(Self { workflow, pipeline, stage })
    }
}

/// The value whose word a text is.
fn one_of<T: Copy>(
    what: &str,
    text: &str,
    all: [T; 2],
    word: fn(T) -> &'static str,
) -> Result<T, TargetError> {
    let words = all.map(word);
    if let Some(found) = all.into_iter().find(|value| word(*value) == text) {
        return Ok(found);
    }
    let meant = nearest(text, words).map_or_else(String::new, |word| format!(": did you mean {word}?"));
    Err(TargetError(format!("there is no {what} {text:?}, only {} and {}{meant}", words[0], words[1])))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_target_is_read_and_written_the_same() {
        for text in
            ["resource/configure", "promise/delete/teardown", "resource/configure/setup/create-bucket"]
        {
            assert_eq!(text.parse::<Target>().expect(text).to_string(), text);
        }
        let target: Target = "resource/configure/setup".parse().expect("a pipeline");
        assert_eq!((target.pipeline.as_deref(), target.stage), (Some("setup"), None));
        assert_eq!(target.workflow.dotted(), "resource.configure");
    }

    #[test]
    fn what_names_no_workflow_is_said_in_plain_words() {
        let message = |text: &str| text.parse::<Target>().expect_err(text).to_string();
        assert_eq!(
            message("resource"),
            "\"resource\" has no action: write TYPE/ACTION[/PIPELINE[/STAGE]], such as resource/configure"
        );
        assert_eq!(
            message("resources/configure"),
            "there is no workflow type \"resources\", only promise and resource: did you mean resource?"
        );
        assert_eq!(
            message("resource/update"),
            "there is no workflow action \"update\", only configure and delete"
        );
        assert!(message("").starts_with("\"\" names no workflow: write"));
        assert!(message("resource/configure/").contains("has an empty part"));
        assert!(message("resource/configure/a/b/c").contains("has too many parts"));
    }

    #[test]
    fn a_workflow_is_no_more_than_type_and_action() {
        assert_eq!("promise/configure".parse::<Workflow>().expect("a workflow"), Workflow::ALL[0]);
        let error = "promise/configure/x".parse::<Workflow>().expect_err("a pipeline");
        assert_eq!(
            error.to_string(),
            "\"promise/configure/x\" names more than a workflow, which is TYPE/ACTION"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}") {
            let _ = text.parse::<Target>();
        }
    }
}
