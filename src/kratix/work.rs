//! A Work: the files of a pipeline's output in groups, each with the Destinations that it is for.

use std::collections::BTreeMap;
use std::fmt;

use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::yaml::emit;

/// The longest name that Kratix leaves as it is before it adds five characters of its own.
const MAX_NAME: usize = 57;
/// What stands for the five random characters of a name.
const SUFFIX: &str = "-00000";

/// What Kratix would schedule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Work {
    pub(crate) groups: Vec<WorkloadGroup>,
}

/// Files that go to the same Destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkloadGroup {
    /// `.` for what no destination selector names.
    pub(crate) directory: String,
    /// The MD5 of the directory's name.
    pub(crate) id: String,
    pub(crate) selectors: Vec<GroupSelector>,
    /// Paths below the output.
    pub(crate) workloads: Vec<String>,
}

/// Labels that a Destination must have, and who asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupSelector {
    pub(crate) match_labels: BTreeMap<String, String>,
    pub(crate) source: Source,
}

/// Who asks for labels; of the same label, the later wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    ResourceWorkflow,
    PromiseWorkflow,
    Promise,
}

/// Whose output a Work holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkOwner<'a> {
    pub(crate) promise: &'a str,
    /// The request; none in a promise workflow.
    pub(crate) resource: Option<&'a str>,
    /// The request's namespace, if the Promise sets `pipelineNamespace`.
    pub(crate) resource_namespace: Option<&'a str>,
    pub(crate) pipeline: &'a str,
}

impl WorkOwner<'_> {
    /// The name of the Work, with `00000` for its five random characters.
    pub(crate) fn work_name(&self) -> String {
        let parts = [Some(self.promise), self.resource, self.resource_namespace, Some(self.pipeline)];
        object_name(&parts.into_iter().flatten().collect::<Vec<_>>().join("-"))
    }
}

/// A name as Kratix makes it for an object of its own, with `00000` for the five random characters.
pub(crate) fn object_name(name: &str) -> String {
    let limit = if name.len() > MAX_NAME { MAX_NAME - 1 } else { name.len() };
    let ends = name.char_indices().map(|(start, c)| start + c.len_utf8());
    let short = &name[..ends.take_while(|end| *end <= limit).last().unwrap_or(0)];
    short.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned() + SUFFIX
}

impl Work {
    /// Every path, group by group.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|group| group.workloads.iter().map(String::as_str))
    }

    /// What `work.yaml` of a test holds, as a value.
    pub(crate) fn to_value(&self) -> Value {
        let groups: Vec<Value> = self.groups.iter().map(WorkloadGroup::to_value).collect();
        json!({ "workloadGroups": groups })
    }

    /// What `work.yaml` of a test holds.
    pub(crate) fn to_yaml(&self) -> String {
        emit(&self.to_value())
    }
}

impl WorkloadGroup {
    /// A group for a directory; its id follows from that.
    pub(crate) fn new(directory: &str, selectors: Vec<GroupSelector>, workloads: Vec<String>) -> Self {
        let digest: [u8; 16] = Md5::digest(directory).into();
        let id = format!("{:032x}", u128::from_be_bytes(digest));
        Self { directory: directory.to_owned(), id, selectors, workloads }
    }

    /// The part of the id that paths in the State Store have.
    pub(crate) fn short_id(&self) -> &str {
        self.id.get(..5).unwrap_or(&self.id)
    }

    /// The labels that a Destination must have: later sources win.
    pub(crate) fn resolved(&self) -> BTreeMap<String, String> {
        let mut selectors: Vec<&GroupSelector> = self.selectors.iter().collect();
        selectors.sort_by_key(|selector| selector.source);
        selectors.into_iter().flat_map(|selector| selector.match_labels.clone()).collect()
    }

    fn to_value(&self) -> Value {
        let selectors: Vec<Value> = self
            .selectors
            .iter()
            .map(|selector| json!({"matchLabels": selector.match_labels, "source": selector.source.to_string()}))
            .collect();
        json!({
            "directory": self.directory,
            "id": self.id,
            "destinationSelectors": selectors,
            "workloads": self.workloads,
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResourceWorkflow => "resource-workflow",
            Self::PromiseWorkflow => "promise-workflow",
            Self::Promise => "promise",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn selector(pairs: &[(&str, &str)], source: Source) -> GroupSelector {
        GroupSelector { match_labels: labels(pairs), source }
    }

    #[test]
    fn vector_33_a_work_is_named_after_promise_request_and_pipeline() {
        let owner = WorkOwner {
            promise: "promise-name",
            resource: Some("resource-name"),
            resource_namespace: None,
            pipeline: "configure-job",
        };
        assert_eq!(owner.work_name(), "promise-name-resource-name-configure-job-00000");
        let elsewhere = WorkOwner { resource_namespace: Some("my-a-team"), ..owner };
        assert_eq!(elsewhere.work_name(), "promise-name-resource-name-my-a-team-configure-job-00000");
        let promise = WorkOwner { resource: None, ..owner };
        assert_eq!(promise.work_name(), "promise-name-configure-job-00000");
    }

    #[test]
    fn vector_53_a_name_ends_in_a_letter_or_digit_before_the_suffix() {
        assert_eq!(object_name("kratix-promise-1.-@$#"), "kratix-promise-1-00000");
        assert_eq!(object_name(&"a".repeat(57)), format!("{}-00000", "a".repeat(57)));
        assert_eq!(object_name(&"a".repeat(58)), format!("{}-00000", "a".repeat(56)));
        assert_eq!(object_name(&format!("{}-x", "a".repeat(56))), format!("{}-00000", "a".repeat(56)));
        assert_eq!(object_name(""), "-00000");
        assert_eq!(object_name(&"é".repeat(40)), "-00000");
    }

    #[test]
    fn ids_are_the_md5_of_the_directory() {
        let id = |directory: &str| WorkloadGroup::new(directory, Vec::new(), Vec::new());
        assert_eq!(id(".").id, "5058f1af8388633f609cadb75a75dc9d");
        assert_eq!(id(".").short_id(), "5058f");
        assert_eq!(id("foo").short_id(), "acbd1");
        assert_eq!(id("baz").short_id(), "73fef");
    }

    #[test]
    fn vector_46_the_promise_wins_over_its_workflows() {
        let group = WorkloadGroup::new(
            ".",
            vec![
                selector(&[("env", "prod")], Source::Promise),
                selector(&[("env", "dev"), ("a", "b")], Source::PromiseWorkflow),
                selector(&[("env", "staging"), ("a", "c"), ("d", "e")], Source::ResourceWorkflow),
            ],
            Vec::new(),
        );
        assert_eq!(group.resolved(), labels(&[("env", "prod"), ("a", "b"), ("d", "e")]));
    }

    #[test]
    fn work_yaml_has_its_documented_shape() {
        let group = WorkloadGroup::new(
            "foo",
            vec![selector(&[("env", "no")], Source::ResourceWorkflow)],
            vec!["foo/x.yaml".to_owned()],
        );
        assert_eq!(
            Work { groups: vec![group] }.to_yaml(),
            "workloadGroups:\n- destinationSelectors:\n  - matchLabels:\n      env: \"no\"\n    source: \
             resource-workflow\n  directory: foo\n  id: acbd18db4cc2f85cedef654fccc4a4d8\n  workloads:\n  - \
             foo/x.yaml\n"
        );
        assert_eq!(Work::default().to_yaml(), "workloadGroups: []\n");
    }
}
