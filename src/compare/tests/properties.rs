//! What must hold for any two documents.

use proptest::prelude::*;
use proptest::test_runner::TestRng;
use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;

use super::super::scope::Scope;
use super::super::{Change, ChangeKind, DifferenceKind, Rules, Shown, compare};
use super::{both, changes, document};
use crate::tree::scan;
use crate::yaml::{Key, Node, Value, emit};

/// Names that mean something to Kubernetes, and some that do not.
const NAMES: &[&str] = &[
    "name",
    "kind",
    "metadata",
    "creationTimestamp",
    "data",
    "stringData",
    "containers",
    "initContainers",
    "env",
    "value",
    "ports",
    "containerPort",
    "port",
    "protocol",
    "volumes",
    "volumeMounts",
    "mountPath",
    "conditions",
    "type",
    "limits",
    "requests",
    "cpu",
    "memory",
    "args",
    "rules",
    "spec",
    "a.b/c",
    "x",
];

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..4).prop_map(Json::from),
        prop::sample::select(vec![
            "a", "b", "TCP", "yes", "80", "1Gi", "1024Mi", "500m", "0.5", "$(A)", "Secret", "", "a: b\nc"
        ])
        .prop_map(Json::from),
    ]
}

/// An item that looks like those of list-maps.
fn item() -> impl Strategy<Value = Json> {
    let named = ("[a-d]", scalar()).prop_map(|(name, value)| json!({"name": name, "value": value}));
    let port = (1..4, scalar()).prop_map(|(port, x)| json!({"containerPort": port, "x": x}));
    let mount = ("/[a-d]", scalar()).prop_map(|(path, x)| json!({"mountPath": path, "x": x}));
    prop_oneof![
        named,
        port,
        mount,
        ("[a-d]", scalar()).prop_map(|(kind, x)| json!({"type": kind, "status": x}))
    ]
}

fn value() -> impl Strategy<Value = Json> {
    prop_oneof![3 => scalar(), 1 => item()].prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            1 => prop::collection::vec(item(), 0..5).prop_map(Json::from),
            4 => prop::collection::btree_map(prop::sample::select(NAMES), inner, 0..6)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// An object of one of the kinds that are treated in their own way.
pub(super) fn object() -> impl Strategy<Value = Json> {
    let kinds = vec!["Deployment", "Secret", "ConfigMap", "Pipeline", "Service", "ResourceQuota"];
    (prop::sample::select(kinds), value(), value(), value()).prop_map(|(kind, spec, data, other)| {
        json!({"apiVersion": "platform.kratix.io/v1", "kind": kind, "metadata": {"name": "a", "annotations": other},
            "spec": spec, "data": data})
    })
}

fn node(json: &Json) -> Node {
    document(&format!("root: {json}\n"))
}

/// The places of all scalars and empty collections.
pub(super) fn leaves(json: &Json, path: &mut Vec<Key>, found: &mut Vec<Vec<Key>>) {
    match json {
        Json::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                path.push(Key::Index(index));
                leaves(item, path, found);
                path.pop();
            }
        }
        Json::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                path.push(Key::Name(name.clone()));
                leaves(value, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

pub(super) fn at<'j>(json: &'j mut Json, path: &[Key]) -> &'j mut Json {
    path.iter().fold(json, |json, key| match key {
        Key::Name(name) => &mut json[name],
        Key::Index(index) => &mut json[index],
    })
}

/// The same with the keys of every map, and the items of some list-maps, in another order. JSON text keeps the order.
pub(super) fn shuffled(json: &Json, field: &str, rng: &mut TestRng) -> String {
    match json {
        Json::Array(items) => {
            let mut texts: Vec<String> = items.iter().map(|item| shuffled(item, "", rng)).collect();
            if is_map(field, items) {
                shuffle(&mut texts, rng);
            }
            format!("[{}]", texts.join(", "))
        }
        Json::Object(map) => {
            let mut texts: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", json!(key), shuffled(value, key, rng)))
                .collect();
            shuffle(&mut texts, rng);
            format!("{{{}}}", texts.join(", "))
        }
        _ => json.to_string(),
    }
}

pub(super) fn shuffle(texts: &mut [String], rng: &mut TestRng) {
    for end in (1..texts.len()).rev() {
        texts.swap(end, rng.random_range(0..=end));
    }
}

/// Whether a list is one whose order means nothing, said without the code that is tested.
fn is_map(field: &str, items: &[Json]) -> bool {
    let key = match field {
        "volumes" | "imagePullSecrets" => "name",
        "volumeMounts" => "mountPath",
        "conditions" => "type",
        _ => return false,
    };
    let mut keys: Vec<&str> = items.iter().filter_map(|item| item.get(key)?.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len() == items.len()
}

/// A change as the other side sees it.
fn mirrored(change: &Change) -> (String, String, String) {
    let kind = match change.kind {
        ChangeKind::Missing => ChangeKind::Unexpected,
        ChangeKind::Unexpected => ChangeKind::Missing,
        ChangeKind::TypeChanged { expected, actual } => {
            ChangeKind::TypeChanged { expected: actual, actual: expected }
        }
        kind => kind,
    };
    (format!("{kind:?}"), change.actual_path.to_string(), change.path.to_string())
}

fn plain(change: &Change) -> (String, String, String) {
    (format!("{:?}", change.kind), change.path.to_string(), change.actual_path.to_string())
}

/// Marks a value with `!any`.
fn mark(node: &mut Node, path: &[Key]) {
    let place = path.iter().fold(node, |node, key| match (key, &mut node.value) {
        (Key::Name(name), Value::Map(map)) => &mut map[name].node,
        (Key::Index(index), Value::List(items)) => &mut items[*index],
        _ => panic!("a place that is there"),
    });
    place.tag = Some("!any".to_owned());
}

/// An object with one of few names.
fn manifest() -> impl Strategy<Value = Json> {
    ("[ab]", "[ab]", scalar()).prop_map(
        |(kind, name, spec)| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}),
    )
}

/// A folder of three files, which hold some documents of a pool.
fn folder(pool: &[Json], choices: &[(usize, prop::sample::Index)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..3 {
        let chosen = choices.iter().filter(|choice| choice.0 == file).map(|(_, choice)| choice.get(pool));
        let text = chosen.map(emit).collect::<Vec<_>>().join("---\n");
        if !text.is_empty() {
            std::fs::write(folder.path().join(format!("{file}.yaml")), text).unwrap();
        }
    }
    folder
}

/// What a difference says, turned around if so told. Which of two equal documents is meant is left open.
fn sketch(kind: &DifferenceKind, turn: bool) -> String {
    let documents = |shown: &Shown| match shown {
        Shown::Documents(documents) => documents.len(),
        _ => 0,
    };
    match kind {
        DifferenceKind::Missing(content) if turn => format!("unexpected {}", documents(&content.shown)),
        DifferenceKind::Unexpected(content) if turn => format!("missing {}", documents(&content.shown)),
        DifferenceKind::Missing(content) => format!("missing {}", documents(&content.shown)),
        DifferenceKind::Unexpected(content) => format!("unexpected {}", documents(&content.shown)),
        DifferenceKind::MissingDocument(_) => (if turn { "- more" } else { "- less" }).to_owned(),
        DifferenceKind::UnexpectedDocument(_) => (if turn { "- less" } else { "- more" }).to_owned(),
        DifferenceKind::MovedDocument { from, to, .. } if turn => format!("moved {to} {from}"),
        DifferenceKind::MovedDocument { from, to, .. } => format!("moved {from} {to}"),
        DifferenceKind::ChangedDocument(document) => format!("changed {}", document.changes.len()),
        other => format!("{other:?}"),
    }
}

proptest! {

    #[test]
    fn a_document_equals_itself_however_it_is_written(json in prop_oneof![value(), object()], seed in any::<[u8; 32]>()) {
        let mut rng = TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed);
        let original = node(&json);
        let emitted = document(&emit(&json!({"root": json})));
        let reordered = document(&format!("root: {}\n", shuffled(&json, "root", &mut rng)));
        for other in [&original, &emitted, &reordered] {
            prop_assert!(changes(&original, other).is_empty());
            prop_assert!(changes(other, &original).is_empty());
        }
    }

    #[test]
    fn one_changed_leaf_is_one_change_at_its_path(json in prop_oneof![value(), object()], choice in any::<prop::sample::Index>()) {
        let mut places = Vec::new();
        leaves(&json, &mut Vec::new(), &mut places);
        let place = choice.get(&places).clone();
        let mut other = json.clone();
        let leaf = at(&mut other, &place);
        *leaf = if leaf.is_string() { json!("something else") } else { json!(31337) };
        let found = changes(&node(&json), &node(&other));
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        let path = [Key::Name("root".into())].into_iter().chain(place).collect::<Vec<_>>();
        prop_assert_eq!(found[0].path.keys(), &path, "{:?}", found);
    }

    #[test]
    fn a_mark_fits_whatever_is_in_its_place_and_nothing_else(
        json in prop_oneof![value(), object()],
        choice in any::<prop::sample::Index>(),
    ) {
        let mut places = Vec::new();
        leaves(&json, &mut Vec::new(), &mut places);
        let place = choice.get(&places).clone();
        // Where it is null it is not there.
        prop_assume!(place.last() != Some(&Key::Name("creationTimestamp".into())));
        let mut marked = node(&json);
        let inside = [Key::Name("root".into())].into_iter().chain(place.clone());
        mark(&mut marked, &inside.collect::<Vec<_>>());
        let mut other = json.clone();
        *at(&mut other, &place) = json!({"something": ["else"]});
        let scope = Scope::marked_root();
        for actual in [&json, &other] {
            let found = super::super::value::changes(&marked, &node(actual), scope);
            prop_assert!(found.is_empty(), "{:?}", found);
        }
    }

    #[test]
    fn swapped_sides_mirror_the_report(left in object(), right in object()) {
        let mut there: Vec<_> = changes(&node(&left), &node(&right)).iter().map(plain).collect();
        let mut back: Vec<_> = changes(&node(&right), &node(&left)).iter().map(mirrored).collect();
        there.sort();
        back.sort();
        prop_assert_eq!(there, back);
    }

    #[test]
    fn lists_of_the_same_items_mirror_too(
        pool in prop::collection::vec(prop_oneof![scalar(), item(), value()], 1..6),
        left in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        right in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        field in prop::sample::select(NAMES),
    ) {
        let list = |choices: &[prop::sample::Index]| {
            let items: Vec<&Json> = choices.iter().map(|choice| choice.get(&pool)).collect();
            node(&json!({field: items}))
        };
        let (left, right) = (list(&left), list(&right));
        let mut there: Vec<_> = changes(&left, &right).iter().map(plain).collect();
        let mut back: Vec<_> = changes(&right, &left).iter().map(mirrored).collect();
        there.sort();
        back.sort();
        prop_assert_eq!(there, back);
    }

    #[test]
    fn folders_of_the_same_documents_mirror_too(
        pool in prop::collection::vec(prop_oneof![manifest(), item()], 1..5),
        left in prop::collection::vec((0..3_usize, any::<prop::sample::Index>()), 0..6),
        right in prop::collection::vec((0..3_usize, any::<prop::sample::Index>()), 0..6),
    ) {
        let (left, right) = (folder(&pool, &left), folder(&pool, &right));
        let kinds = |expected: &TempDir, actual: &TempDir, turn: bool| {
            let (expected, actual) = (scan(expected.path()).unwrap(), scan(actual.path()).unwrap());
            let found = compare(&expected, &actual, &Rules::default()).unwrap().differences;
            let mut kinds: Vec<String> = found.iter().map(|found| sketch(&found.kind, turn)).collect();
            kinds.sort();
            kinds
        };
        prop_assert_eq!(kinds(&left, &right, false), kinds(&right, &left, true));
        prop_assert!(kinds(&left, &left, false).is_empty());
    }

    #[test]
    fn no_secret_is_ever_shown(left in value(), right in value(), name in "[a-c]") {
        let secret = |json: &Json, word: &str| {
            let mut data = Map::new();
            data.insert(name.clone(), json.clone());
            data.insert("password".into(), json!(word));
            json!({"list": [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "data": data}]})
        };
        let (left, right) = (node(&secret(&left, "aHVudGVyMg==")), node(&secret(&right, "hunter3hunter3")));
        let texts = both(&left, &right);
        let all = format!("{texts:?} {:?}", changes(&left, &right));
        for word in ["hunter", "aHVudGVyMg"] {
            prop_assert!(!all.contains(word), "{}", all);
        }
    }

    #[test]
    fn the_texts_differ_where_the_documents_do(left in object(), right in object()) {
        let (left, right) = (node(&left), node(&right));
        let (one, other) = both(&left, &right);
        prop_assert_eq!(changes(&left, &right).is_empty(), one == other, "{}\n{}", one, other);
    }
}
