//! The work-writer: the output and its destination selectors become a Work.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::WorkflowType;
use super::catalogue::{KT134, KT137, KT138, KT227, Severity};
use super::collect::{collect, judge_size, strays};
use super::control;
use super::finding::{Finding, Place, Writer};
use super::labels::{is_key, is_value};
use super::metadata::{Content, Metadata, MetadataFile};
use super::selectors::{self, DestinationSelector};
use super::volumes::Volumes;
use super::work::{GroupSelector, Source, Work, WorkloadGroup};
use crate::tree::{EntryKind, Tree};

/// What came of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WorkOutcome {
    Written(Work),
    /// The pipeline asked to suspend the workflow: an earlier Work stays as it is.
    Suspended,
    /// The work-writer fails, and with it the pipeline.
    Refused,
}

/// All that the work-writer goes by.
pub(crate) struct WorkWriter<'a> {
    pub(crate) workflow: WorkflowType,
    pub(crate) volumes: &'a Volumes<'a>,
    pub(crate) metadata: &'a Metadata,
    /// `spec.destinationSelectors` of the Promise, as one map.
    pub(crate) promise_selectors: &'a BTreeMap<String, String>,
}

impl WorkWriter<'_> {
    /// Makes the Work of a configure pipeline.
    pub(crate) fn write(&self) -> io::Result<(WorkOutcome, Vec<Finding>)> {
        let judged = selectors::read(&self.metadata.selectors);
        let mut findings = judged.findings;
        let Some(entries) = judged.value else { return Ok((WorkOutcome::Refused, findings)) };
        match control::read(&self.metadata.control, Writer::Work) {
            Ok(control) if control.suspends() => return Ok((WorkOutcome::Suspended, findings)),
            Ok(_) => {}
            Err(refusal) => {
                findings.push(refusal);
                return Ok((WorkOutcome::Refused, findings));
            }
        }
        let (work, problems) = self.groups(&entries)?;
        let refused = problems.iter().any(|finding| finding.severity == Severity::Error);
        findings.extend(problems);
        if refused {
            return Ok((WorkOutcome::Refused, findings));
        }
        findings.extend(self.remarks(&work, &entries));
        Ok((WorkOutcome::Written(work), findings))
    }

    /// The groups, and what keeps the work-writer from making them.
    fn groups(&self, entries: &[DestinationSelector]) -> io::Result<(Work, Vec<Finding>)> {
        let (mut work, mut findings, mut size) = (Work::default(), Vec::new(), 0);
        let mut taken = BTreeSet::new();
        let own = |entry: &DestinationSelector| GroupSelector {
            match_labels: entry.match_labels.clone(),
            source: self.source(),
        };
        for entry in entries.iter().filter(|entry| !entry.is_root()) {
            taken.insert(entry.directory.as_str());
            let at = Place { file: self.metadata.selectors.path.clone(), position: entry.directory_at };
            let collected = collect(self.volumes, Some((&entry.directory, at)), &BTreeSet::new())?;
            work.groups.push(WorkloadGroup::new(&entry.directory, vec![own(entry)], collected.workloads));
            size += collected.size;
            findings.extend(collected.findings);
        }
        let collected = collect(self.volumes, None, &taken)?;
        findings.extend(collected.findings);
        if !collected.workloads.is_empty() {
            let mut selectors: Vec<_> = entries.iter().filter(|entry| entry.is_root()).map(own).collect();
            if !self.promise_selectors.is_empty() {
                let match_labels = self.promise_selectors.clone();
                selectors.push(GroupSelector { match_labels, source: Source::Promise });
            }
            work.groups.push(WorkloadGroup::new(".", selectors, collected.workloads));
        }
        findings.extend(judge_size(self.volumes.output(), size + collected.size));
        Ok((work, findings))
    }

    fn source(&self) -> Source {
        match self.workflow {
            WorkflowType::Promise => Source::PromiseWorkflow,
            WorkflowType::Resource => Source::ResourceWorkflow,
        }
    }

    /// What the work-writer accepts and nobody wants.
    fn remarks(&self, work: &Work, entries: &[DestinationSelector]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for group in &work.groups {
            findings.extend(self.invalid_labels(group, entries));
        }
        if let Some(root) = entries.iter().find(|entry| entry.is_root()) {
            let has_files = work.groups.iter().any(|group| group.directory == ".");
            if has_files {
                findings.extend(self.overridden(root));
            } else {
                findings.push(self.without_files(root));
            }
        }
        let workloads: Vec<&str> = work.workloads().collect();
        findings.extend(strays(self.volumes.output(), &workloads));
        findings
    }

    /// Labels that make the scheduler give up on the whole Work.
    fn invalid_labels(&self, group: &WorkloadGroup, entries: &[DestinationSelector]) -> Vec<Finding> {
        let entry = entries.iter().find(|entry| entry.directory == group.directory);
        let labels = group.selectors.iter().flat_map(|selector| {
            selector.match_labels.iter().map(move |(key, value)| (selector.source, key, value))
        });
        labels
            .filter(|(_, key, value)| !is_key(key) || !is_value(value))
            .map(|(source, key, value)| {
                let text = format!("Failed to schedule or update for workloadGroups: [{}]", group.id);
                let part = if is_key(key) {
                    format!("value \"{value}\" of {key}")
                } else {
                    format!("key \"{key}\"")
                };
                let finding = Finding::new(KT137, text).hint(format!(
                    "the {part} is not a valid label: up to 63 letters, digits, `-`, `_` and `.`, \
                     with a letter or digit at both ends"
                ));
                match entry.filter(|_| source != Source::Promise) {
                    Some(entry) => {
                        finding.at(&self.metadata.selectors.path, entry.label_at.get(key).copied())
                    }
                    None => finding,
                }
            })
            .collect()
    }

    /// Labels of the pipeline that the Promise overrules.
    fn overridden(&self, root: &DestinationSelector) -> Vec<Finding> {
        let clashes = root.match_labels.iter().filter_map(|(key, value)| {
            let winner = self.promise_selectors.get(key).filter(|winner| *winner != value)?;
            let text = format!(
                "Kratix schedules to Destinations with {key}={winner}: spec.destinationSelectors of the Promise \
                 wins over {key}={value} in destination-selectors.yaml"
            );
            let hint = format!("remove {key} from one of the two");
            let at = root.label_at.get(key).copied();
            Some(Finding::new(KT138, text).at(&self.metadata.selectors.path, at).hint(hint))
        });
        clashes.collect()
    }

    fn without_files(&self, root: &DestinationSelector) -> Finding {
        let text = "Kratix ignores this entry: no file in /kratix/output is left for it";
        let hint = "add `directory:` if the entry is meant for a directory, or remove it";
        Finding::new(KT227, text).at(&self.metadata.selectors.path, Some(root.at)).hint(hint)
    }
}

/// What a delete pipeline leaves for nobody: there is no work-writer.
pub(crate) fn ignored_on_delete(output: &Tree, selectors: &MetadataFile) -> Option<Finding> {
    let files = output.entries.values().filter(|entry| entry.kind != EntryKind::Directory).count();
    let mut left = Vec::new();
    match files {
        0 => {}
        1 => left.push("1 file in /kratix/output".to_owned()),
        _ => left.push(format!("{files} files in /kratix/output")),
    }
    if selectors.content != Content::Absent {
        left.push("/kratix/metadata/destination-selectors.yaml".to_owned());
    }
    if left.is_empty() {
        return None;
    }
    let text = format!("Kratix ignores what a delete pipeline schedules: {}", left.join(" and "));
    let hint = "a delete pipeline can act, and set the status; Kratix itself deletes what was scheduled";
    Some(Finding::new(KT134, text).in_file(&output.root).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::{Code, KT110, KT112, KT115, KT116, KT146, KT223};
    use super::super::volumes::fixture::Pod;
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn write(pod: &Pod, workflow: WorkflowType, promise: &[(&str, &str)]) -> (WorkOutcome, Vec<Finding>) {
        let read = |tree: &Tree, path: &str| pod.read(tree, path);
        let volumes = Volumes::new(&pod.output, &pod.metadata, &read);
        let metadata = Metadata::read(&volumes).expect("bytes");
        let promise_selectors = &labels(promise);
        let writer = WorkWriter { workflow, volumes: &volumes, metadata: &metadata, promise_selectors };
        writer.write().expect("bytes")
    }

    fn resource(pod: &Pod) -> (WorkOutcome, Vec<Finding>) {
        write(pod, WorkflowType::Resource, &[])
    }

    fn groups(outcome: WorkOutcome) -> Vec<WorkloadGroup> {
        match outcome {
            WorkOutcome::Written(work) => work.groups,
            other => panic!("{other:?}"),
        }
    }

    fn codes(pod: &Pod) -> Vec<Code> {
        resource(pod).1.iter().map(|finding| finding.code).collect()
    }

    fn selectors(text: &str) -> Pod {
        Pod::new().metadata("destination-selectors.yaml", text)
    }

    fn selector(pairs: &[(&str, &str)], source: Source) -> GroupSelector {
        GroupSelector { match_labels: labels(pairs), source }
    }

    #[test]
    fn vector_28_directories_have_groups_and_the_rest_is_the_default_one() {
        let pod = selectors(
            "- matchLabels: {environment: production, region: europe}\n\
             - {matchLabels: {environment: staging}, directory: baz/}\n",
        )
        .output("configmap.yaml", "")
        .output("foo/bar/ns.yaml", "")
        .output("foo/multi.yaml", "")
        .output("baz/ns.yaml", "");
        let (outcome, findings) = write(&pod, WorkflowType::Resource, &[("environment", "dev")]);
        let paths = ["configmap.yaml", "foo/bar/ns.yaml", "foo/multi.yaml"].map(str::to_owned).to_vec();
        assert_eq!(
            groups(outcome),
            [
                WorkloadGroup::new(
                    "baz",
                    vec![selector(&[("environment", "staging")], Source::ResourceWorkflow)],
                    vec!["baz/ns.yaml".to_owned()]
                ),
                WorkloadGroup::new(
                    ".",
                    vec![
                        selector(
                            &[("environment", "production"), ("region", "europe")],
                            Source::ResourceWorkflow
                        ),
                        selector(&[("environment", "dev")], Source::Promise),
                    ],
                    paths
                ),
            ]
        );
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [KT138]);
    }

    #[test]
    fn vector_29_without_files_there_is_no_default_group() {
        let pod = selectors("- matchLabels: {a: b}\n- {matchLabels: {c: d}, directory: baz}")
            .output("baz/ns.yaml", "");
        let (outcome, findings) = resource(&pod);
        let directories: Vec<String> = groups(outcome).into_iter().map(|group| group.directory).collect();
        assert_eq!(directories, ["baz"]);
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [KT227]);
    }

    #[test]
    fn vector_30_a_promise_workflow_is_the_source_of_its_selectors() {
        let pod = selectors("- matchLabels: {a: b}").output("x.yaml", "");
        let (outcome, _) = write(&pod, WorkflowType::Promise, &[]);
        assert_eq!(groups(outcome)[0].selectors, [selector(&[("a", "b")], Source::PromiseWorkflow)]);
    }

    #[test]
    fn vectors_31_and_32_a_suspended_pipeline_schedules_nothing() {
        for control in ["suspend: true", "retryAfter: 10m", "retryAfter: whale"] {
            let pod = Pod::new().output("x.yaml", "").metadata("workflow-control.yaml", control);
            assert_eq!(resource(&pod), (WorkOutcome::Suspended, vec![]), "{control}");
        }
        let pod = selectors("- {}").metadata("workflow-control.yaml", "suspend: true");
        assert_eq!((resource(&pod).0, codes(&pod)), (WorkOutcome::Refused, vec![KT112]));
        let pod = Pod::new().metadata("workflow-control.yaml", "suspend: 'true'");
        assert_eq!((resource(&pod).0, codes(&pod)), (WorkOutcome::Refused, vec![KT110]));
    }

    #[test]
    fn an_empty_output_is_a_work_without_groups() {
        assert_eq!(resource(&Pod::new()), (WorkOutcome::Written(Work::default()), vec![]));
        let empty = Pod::new().directory("empty");
        assert_eq!(resource(&empty), (WorkOutcome::Written(Work::default()), vec![]));
    }

    #[test]
    fn a_directory_that_is_not_there_is_refused_and_an_empty_one_is_not() {
        let text = "- matchLabels: {a: b}\n  directory: foo\n";
        let (outcome, findings) = resource(&selectors(text));
        assert_eq!(outcome, WorkOutcome::Refused);
        let expected = "Error: work creator execution failed: open /work-creator-files/input/foo: no such file or directory";
        assert_eq!((findings[0].code, findings[0].text.as_str()), (KT115, expected));
        assert_eq!(findings[0].position().map(|at| (at.line, at.column)), Some((2, 14)));
        let (_, findings) = resource(&selectors(text).output("foo", ""));
        assert!(findings[0].text.ends_with("/foo: not a directory"), "{}", findings[0].text);
        let (outcome, findings) = resource(&selectors(text).directory("foo"));
        let group =
            WorkloadGroup::new("foo", vec![selector(&[("a", "b")], Source::ResourceWorkflow)], vec![]);
        assert_eq!((groups(outcome), findings), (vec![group], vec![]));
    }

    #[test]
    fn only_a_directory_at_the_top_is_left_out_of_the_default_group() {
        let pod = selectors("- {matchLabels: {a: b}, directory: foo}")
            .output("foo/x.yaml", "")
            .output("bar/foo/y.yaml", "");
        let groups = groups(resource(&pod).0);
        assert_eq!(groups[0].workloads, ["foo/x.yaml"]);
        assert_eq!(groups[1].workloads, ["bar/foo/y.yaml"]);
    }

    #[test]
    fn directories_outside_the_output_are_refused() {
        for directory in ["/", "..", "foo/../.."] {
            let pod = selectors(&format!("- {{matchLabels: {{a: b}}, directory: {directory}}}"));
            assert_eq!((resource(&pod).0, codes(&pod)), (WorkOutcome::Refused, vec![KT223]), "{directory}");
        }
    }

    #[test]
    fn an_unreadable_file_is_refused_and_a_stray_one_is_not() {
        let pod = Pod::new().output("x.yaml", "").owned("x.yaml", 0o600, 0);
        assert_eq!((resource(&pod).0, codes(&pod)), (WorkOutcome::Refused, vec![KT116]));
        let pod = Pod::new().output(".git/HEAD", "");
        assert_eq!((groups(resource(&pod).0).len(), codes(&pod)), (1, vec![KT146]));
    }

    #[test]
    fn a_label_that_is_none_is_found_where_it_is_written() {
        let text = "- matchLabels:\n    env: a b\n";
        let (_, findings) = resource(&selectors(text).output("x.yaml", ""));
        let expected = "Failed to schedule or update for workloadGroups: [5058f1af8388633f609cadb75a75dc9d]";
        assert_eq!((findings[0].code, findings[0].text.as_str()), (KT137, expected));
        assert_eq!(findings[0].position().map(|at| (at.line, at.column)), Some((2, 5)));
        assert_eq!(codes(&selectors("- matchLabels: {env: a-b}").output("x.yaml", "")), []);
        // Without files there is no group, and nothing to schedule.
        assert_eq!(codes(&selectors("- matchLabels: {env: a b}")), [KT227]);
    }

    #[test]
    fn a_label_that_the_promise_has_too_is_a_warning_only_if_it_differs() {
        let pod = selectors("- matchLabels: {env: dev}").output("x.yaml", "");
        let with = |value| write(&pod, WorkflowType::Resource, &[("env", value)]).1.len();
        assert_eq!((with("prod"), with("dev")), (1, 0));
        let pod = selectors("- {matchLabels: {env: dev}, directory: foo}").output("foo/x.yaml", "");
        assert_eq!(write(&pod, WorkflowType::Resource, &[("env", "prod")]).1, []);
    }

    #[test]
    fn what_a_delete_pipeline_leaves_is_ignored() {
        let none = MetadataFile::absent("destination-selectors.yaml");
        let some = MetadataFile::of("destination-selectors.yaml", "");
        assert_eq!(ignored_on_delete(&Pod::new().directory("d").output, &none), None);
        let found = |pod: &Pod, file| ignored_on_delete(&pod.output, file).map(|finding| finding.text);
        assert_eq!(
            found(&Pod::new().output("x.yaml", ""), &some).as_deref(),
            Some(
                "Kratix ignores what a delete pipeline schedules: 1 file in /kratix/output and \
                 /kratix/metadata/destination-selectors.yaml"
            )
        );
        assert!(found(&Pod::new().output("x", "").output("y", ""), &none).is_some());
    }
}
