//! Destinations: which of them a workload group goes to, and where its files are in the State Store.

use std::collections::BTreeMap;

use super::WorkflowType;
use super::catalogue::KT139;
use super::finding::Finding;
use super::work::{Work, WorkloadGroup};
use crate::yaml::Node;

const DRY_RUN: &str = "kratix.io/dry-run";

/// Where Works can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// Whether it only takes what asks for its labels.
    pub(crate) strict: bool,
    /// `spec.path`, below the path of the State Store.
    pub(crate) path: String,
    pub(crate) layout: Layout,
    /// Kind and name of its State Store.
    state_store: Option<(String, String)>,
}

/// How files are laid out below a Destination's path: `spec.filepath.mode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    NestedByMetadata,
    /// `none`: as they are in the output.
    Flat,
    /// `aggregatedYAML`: all in one file of this name.
    Aggregated(String),
}

/// Where a group goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placement<'a> {
    pub(crate) group: &'a WorkloadGroup,
    /// Every Destination that matches. A request's group goes to one of them, at random; a Promise's to all.
    pub(crate) destinations: Vec<&'a Destination>,
}

/// Whose files they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) promise: &'a str,
    pub(crate) pipeline: &'a str,
    /// The request, in a resource workflow.
    pub(crate) resource: Option<&'a str>,
    /// The namespace of the Work: the one that the pipeline runs in.
    pub(crate) namespace: &'a str,
    /// The name of the Work.
    pub(crate) work: &'a str,
}

impl Destination {
    /// The Destinations among some documents. Paths of State Stores that are there too are put before theirs.
    pub(crate) fn read(documents: &[&Node]) -> Vec<Self> {
        let of_kind = |kinds: &'static [&'static str]| {
            documents.iter().filter(move |node| node.text("kind").is_some_and(|kind| kinds.contains(&kind)))
        };
        let mut destinations: Vec<Self> =
            of_kind(&["Destination"]).filter_map(|node| Self::from_node(node)).collect();
        for store in of_kind(&["BucketStateStore", "GitStateStore"]) {
            let (Some(kind), Some(name)) = (store.text("kind"), name(store)) else { continue };
            let path = spec(store, "path").unwrap_or_default();
            for destination in &mut destinations {
                if destination.state_store.as_ref().is_some_and(|it| it.0 == kind && it.1 == name) {
                    destination.path = join(&[path, &destination.path]);
                }
            }
        }
        destinations
    }

    fn from_node(node: &Node) -> Option<Self> {
        let metadata = node.get("metadata");
        let labels = metadata.and_then(|metadata| metadata.get("labels")).and_then(Node::as_map);
        let label = |(key, entry): (&String, &crate::yaml::Entry)| {
            Some((key.clone(), entry.node.as_str()?.to_owned()))
        };
        let filepath = node.get("spec").and_then(|spec| spec.get("filepath"));
        let store = node.get("spec").and_then(|spec| spec.get("stateStoreRef"));
        Some(Self {
            name: name(node)?.to_owned(),
            labels: labels.into_iter().flatten().filter_map(label).collect(),
            strict: node
                .get("spec")
                .and_then(|spec| spec.get("strictMatchLabels"))
                .and_then(Node::as_bool)
                .unwrap_or_default(),
            path: spec(node, "path").unwrap_or_default().to_owned(),
            layout: Layout::new(
                filepath.and_then(|it| it.text("mode")),
                filepath.and_then(|it| it.text("filename")),
            ),
            state_store: store
                .and_then(|it| Some((it.text("kind")?.to_owned(), it.text("name")?.to_owned()))),
        })
    }

    /// Whether it takes Works that ask for these labels.
    fn takes(&self, wanted: &BTreeMap<String, String>) -> bool {
        if self.labels.get(DRY_RUN).is_some_and(|value| value == "true") {
            return false;
        }
        if wanted.is_empty() {
            return !self.strict || self.labels.is_empty();
        }
        wanted.iter().all(|(key, value)| self.labels.get(key) == Some(value))
    }

    /// Where a workload of a group is in the State Store.
    pub(crate) fn path_of(&self, workload: &str, group: &WorkloadGroup, owner: &Owner<'_>) -> String {
        match &self.layout {
            Layout::NestedByMetadata => join(&[&self.path, &directory_of(group, owner), workload]),
            Layout::Flat => join(&[&self.path, workload]),
            Layout::Aggregated(file) => join(&[&self.path, file]),
        }
    }

    /// The file in which Kratix remembers what it wrote; only where files lie as they are in the output.
    pub(crate) fn state_file(&self, group: &WorkloadGroup, owner: &Owner<'_>) -> Option<String> {
        let placement = self.work_placement(group, owner);
        let file = format!(".kratix/{}-{placement}.yaml", owner.namespace);
        (self.layout == Layout::Flat).then(|| join(&[&self.path, &file]))
    }

    /// The name of the `WorkPlacement`.
    pub(crate) fn work_placement(&self, group: &WorkloadGroup, owner: &Owner<'_>) -> String {
        format!("{}.{}-{}", owner.work, self.name, group.short_id())
    }
}

impl Layout {
    fn new(mode: Option<&str>, file: Option<&str>) -> Self {
        match mode {
            Some("none") => Self::Flat,
            Some("aggregatedYAML") => {
                Self::Aggregated(file.filter(|file| !file.is_empty()).unwrap_or("aggregated.yaml").to_owned())
            }
            _ => Self::NestedByMetadata,
        }
    }
}

fn directory_of(group: &WorkloadGroup, owner: &Owner<'_>) -> String {
    let id = group.short_id();
    match owner.resource {
        Some(resource) => join(&["resources", owner.namespace, owner.promise, resource, owner.pipeline, id]),
        None => join(&["dependencies", owner.promise, owner.pipeline, id]),
    }
}

/// Which Destinations each group of a Work goes to.
pub(crate) fn schedule<'a>(work: &'a Work, destinations: &'a [Destination]) -> Vec<Placement<'a>> {
    let place = |group: &'a WorkloadGroup| {
        let wanted = group.resolved();
        let matching = destinations.iter().filter(|destination| destination.takes(&wanted));
        Placement { group, destinations: matching.collect() }
    };
    work.groups.iter().map(place).collect()
}

/// The groups that nobody takes, in the scheduler's words.
pub(crate) fn unschedulable(placements: &[Placement<'_>]) -> Option<Finding> {
    let lost: Vec<&WorkloadGroup> = placements
        .iter()
        .filter(|placement| placement.destinations.is_empty())
        .map(|placement| placement.group)
        .collect();
    if lost.is_empty() {
        return None;
    }
    let ids: Vec<&str> = lost.iter().map(|group| group.id.as_str()).collect();
    let text = format!("No matching destination found for workloadGroups: [{}]", ids.join(","));
    let wishes: Vec<String> = lost.iter().map(|group| wish(group)).collect();
    let hint = format!("add a Destination, or change the selectors: {}", wishes.join("; "));
    Some(Finding::new(KT139, text).hint(hint))
}

fn wish(group: &WorkloadGroup) -> String {
    let wanted: Vec<String> = group.resolved().iter().map(|(key, value)| format!("{key}={value}")).collect();
    let what = if group.directory == "." { "the output" } else { group.directory.as_str() };
    if wanted.is_empty() {
        return format!("{what} wants any Destination without `strictMatchLabels`");
    }
    format!("{what} wants {}", wanted.join(","))
}

/// How many Destinations of those that match get a group.
pub(crate) fn goes_to_all(workflow: WorkflowType) -> bool {
    workflow == WorkflowType::Promise
}

fn name(node: &Node) -> Option<&str> {
    node.get("metadata")?.text("name")
}

fn spec<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get("spec")?.text(key)
}

/// A path of the parts that are not empty, without slashes at its ends.
fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> =
        parts.iter().map(|part| part.trim_matches('/')).filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::work::{GroupSelector, Source};
    use super::*;
    use crate::yaml::parse;

    fn destinations(text: &str) -> Vec<Destination> {
        let documents = parse(text.as_bytes()).expect("YAML");
        let nodes: Vec<&Node> = documents.iter().map(|document| &document.root).collect();
        Destination::read(&nodes)
    }

    fn destination(name: &str, rest: &str) -> String {
        format!("---\nkind: Destination\nmetadata:\n  name: {name}\n{rest}\n")
    }

    fn group(directory: &str, labels: &[(&str, &str)]) -> WorkloadGroup {
        let match_labels = labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let selector = GroupSelector { match_labels, source: Source::ResourceWorkflow };
        WorkloadGroup::new(directory, vec![selector], vec!["x.yaml".into()])
    }

    fn names(text: &str, labels: &[(&str, &str)]) -> Vec<String> {
        let work = Work { groups: vec![group(".", labels)] };
        let destinations = destinations(text);
        let placements = schedule(&work, &destinations);
        placements[0].destinations.iter().map(|destination| destination.name.clone()).collect()
    }

    const RESOURCE: Owner<'_> = Owner {
        promise: "redis",
        pipeline: "setup",
        resource: Some("mine"),
        namespace: "team-a",
        work: "redis-mine-setup-00000",
    };

    #[test]
    fn all_labels_must_match() {
        let text = destination("dev", "  labels: {env: dev, zone: a}")
            + &destination("prod", "  labels: {env: prod}");
        assert_eq!(names(&text, &[("env", "dev")]), ["dev"]);
        assert_eq!(names(&text, &[("env", "dev"), ("zone", "b")]), [""; 0]);
        assert_eq!(names(&text, &[]), ["dev", "prod"]);
    }

    #[test]
    fn a_strict_destination_wants_to_be_asked_for() {
        let strict =
            |labels: &str| destination("d", &format!("  labels: {labels}\nspec:\n  strictMatchLabels: true"));
        assert_eq!(names(&strict("{env: dev}"), &[]), [""; 0]);
        assert_eq!(names(&strict("{}"), &[]), ["d"]);
        assert_eq!(names(&strict("{env: dev}"), &[("env", "dev")]), ["d"]);
    }

    #[test]
    fn a_destination_for_dry_runs_takes_nothing() {
        let dry = destination("d", "  labels: {env: dev, kratix.io/dry-run: 'true'}");
        assert_eq!(names(&dry, &[("env", "dev")]), [""; 0]);
        let wet = destination("d", "  labels: {env: dev, kratix.io/dry-run: 'false'}");
        assert_eq!(names(&wet, &[("env", "dev")]), ["d"]);
    }

    #[test]
    fn vector_46_the_promises_selectors_decide() {
        let text = destination("prod", "  labels: {env: prod}")
            + &destination("staging", "  labels: {env: staging}");
        let promise =
            GroupSelector { match_labels: [("env".into(), "prod".into())].into(), source: Source::Promise };
        let mut group = group(".", &[("env", "staging")]);
        group.selectors.push(promise);
        let (work, destinations) = (Work { groups: vec![group] }, destinations(&text));
        assert_eq!(schedule(&work, &destinations)[0].destinations[0].name, "prod");
    }

    #[test]
    fn a_group_that_nobody_takes_is_found() {
        let work = Work { groups: vec![group("foo", &[("env", "dev")]), group(".", &[("env", "prod")])] };
        let some = destinations(&destination("prod", "  labels: {env: prod}"));
        let finding = unschedulable(&schedule(&work, &some)).expect("a finding");
        let expected = "No matching destination found for workloadGroups: [acbd18db4cc2f85cedef654fccc4a4d8]";
        assert_eq!((finding.code, finding.text.as_str()), (KT139, expected));
        assert!(finding.hint.expect("a hint").ends_with("foo wants env=dev"));
        let none = unschedulable(&schedule(&work, &[])).expect("a finding");
        assert!(none.text.ends_with("[acbd18db4cc2f85cedef654fccc4a4d8,5058f1af8388633f609cadb75a75dc9d]"));
        let all = destinations(
            &(destination("prod", "  labels: {env: prod}") + &destination("dev", "  labels: {env: dev}")),
        );
        assert_eq!(unschedulable(&schedule(&work, &all)), None);
    }

    #[test]
    fn files_of_a_request_are_nested_by_metadata() {
        let destination = &destinations(&destination("d", "spec:\n  path: dest/"))[0];
        let baz = group("baz", &[]);
        assert_eq!(
            destination.path_of("baz/x.yaml", &baz, &RESOURCE),
            "dest/resources/team-a/redis/mine/setup/73fef/baz/x.yaml"
        );
        assert_eq!(destination.state_file(&baz, &RESOURCE), None);
        assert_eq!(destination.work_placement(&baz, &RESOURCE), "redis-mine-setup-00000.d-73fef");
    }

    #[test]
    fn vector_47_files_of_a_promise_are_dependencies() {
        let destination = &destinations(&destination("d", "spec:\n  path: test-path"))[0];
        let owner = Owner { promise: "test-promise", pipeline: "", resource: None, ..RESOURCE };
        assert_eq!(
            destination.path_of("fruit.yaml", &group(".", &[]), &owner),
            "test-path/dependencies/test-promise/5058f/fruit.yaml"
        );
    }

    #[test]
    fn vector_48_files_may_lie_as_they_are_with_a_state_file() {
        let text = destination("d", "spec: {path: test-path, filepath: {mode: none}}");
        let destination = &destinations(&text)[0];
        let root = group(".", &[]);
        assert_eq!(destination.path_of("fruit.yaml", &root, &RESOURCE), "test-path/fruit.yaml");
        let expected = "test-path/.kratix/team-a-redis-mine-setup-00000.d-5058f.yaml";
        assert_eq!(destination.state_file(&root, &RESOURCE).as_deref(), Some(expected));
    }

    #[test]
    fn vector_49_files_may_be_one_file() {
        let aggregated = |rest: &str| {
            let text =
                destination("d", &format!("spec: {{path: p, filepath: {{mode: aggregatedYAML{rest}}}}}"));
            destinations(&text)[0].path_of("fruit.yaml", &group(".", &[]), &RESOURCE)
        };
        assert_eq!(aggregated(""), "p/aggregated.yaml");
        assert_eq!(aggregated(", filename: all.yaml"), "p/all.yaml");
    }

    #[test]
    fn the_path_of_the_state_store_comes_first() {
        let text = destination("d", "spec: {path: dest, stateStoreRef: {kind: GitStateStore, name: s}}")
            + "---\nkind: GitStateStore\nmetadata: {name: s}\nspec: {path: store}\n"
            + "---\nkind: BucketStateStore\nmetadata: {name: s}\nspec: {path: other}\n";
        assert_eq!(destinations(&text)[0].path, "store/dest");
        assert_eq!(destinations("kind: Destination\n"), []);
    }
}
