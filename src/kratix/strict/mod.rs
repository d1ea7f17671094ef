//! How Go's JSON reader, told to refuse unknown fields, takes a value into a struct: what it refuses, and its words.
//!
//! It matches names of fields whatever their case, goes through keys in sorted order (Kratix hands it sorted JSON),
//! and takes a null for anything.

mod crd;
mod kinds;
mod meta;
mod pod;
mod volume;

use crate::yaml::{KeyPath, Node, Position, Value};

use super::problem::nearest;
pub(super) use crd::CRD;
pub(super) use kinds::{Kind, Struct};
pub(super) use meta::OBJECT;
pub(super) use pod::PIPELINE;

/// What the reader refuses.
#[derive(Debug, Clone)]
pub(super) struct Flaw {
    /// Go's words.
    pub(super) text: String,
    /// Whether it is a field that the struct has not, rather than a value of the wrong type.
    pub(super) unknown_field: bool,
    pub(super) path: KeyPath,
    pub(super) at: Position,
    pub(super) hint: Option<String>,
}

/// Everything that Go's reader refuses in a map, in the order it meets it.
pub(super) fn decode(node: &Node, into: &'static Struct, path: &KeyPath) -> Vec<Flaw> {
    let mut decoder = Decoder { flaws: Vec::new(), fields: Vec::new() };
    decoder.take_struct(node, into, &Place { owner: None, path: path.clone(), at: node.at });
    decoder.flaws
}

/// The value of a field, whatever the case of its name.
pub(super) fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let map = node.as_map()?;
    let entry = map
        .get(name)
        .or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, entry)| entry))?;
    Some(&entry.node).filter(|node| !node.is_null())
}

struct Decoder {
    flaws: Vec<Flaw>,
    /// The names of the fields on the way here, as Go keeps them.
    fields: Vec<&'static str>,
}

/// Where the reader is.
struct Place {
    /// The struct that the innermost field belongs to.
    owner: Option<&'static Struct>,
    path: KeyPath,
    at: Position,
}

impl Decoder {
    fn take(&mut self, node: &Node, kind: &'static Kind, place: &Place) {
        match (kind, &node.value) {
            (_, Value::Null) | (Kind::Any, _) => {}
            (Kind::Struct(shape), Value::Map(_)) => self.take_struct(node, shape, place),
            (Kind::List(item), Value::List(items)) => {
                for (index, node) in items.iter().enumerate() {
                    let place = Place { path: place.path.index(index), at: node.at, owner: place.owner };
                    self.take(node, item, &place);
                }
            }
            (Kind::Map(item) | Kind::NamedMap(_, item), Value::Map(map)) => {
                for (key, entry) in sorted(map) {
                    let place = Place { path: place.path.name(key), at: entry.node.at, owner: place.owner };
                    self.take(&entry.node, item, &place);
                }
            }
            (Kind::Quantity, _) => self.take_quantity(node, place),
            (kind, value) if !fits(kind, value) => self.mismatch(node, kind, place),
            _ => {}
        }
    }

    fn take_struct(&mut self, node: &Node, shape: &'static Struct, place: &Place) {
        let Some(map) = node.as_map() else { return };
        for (key, entry) in sorted(map) {
            let path = place.path.name(key);
            match shape.find(key) {
                Some(found) => {
                    let depth = self.fields.len();
                    self.fields.extend(found.embedded);
                    self.fields.push(found.name);
                    let place = Place { owner: Some(shape), path, at: entry.node.at };
                    self.take(&entry.node, found.kind, &place);
                    self.fields.truncate(depth);
                }
                None => self.flaws.push(Flaw {
                    text: format!("json: unknown field {}", serde_json::Value::from(key.as_str())),
                    unknown_field: true,
                    hint: hint_for_unknown(key, shape),
                    path,
                    at: entry.key_at,
                }),
            }
        }
    }

    fn take_quantity(&mut self, node: &Node, place: &Place) {
        let refused = match &node.value {
            Value::String(text) => super::quantity::parse(text).err(),
            Value::Number(_) => None,
            other => super::quantity::parse(go_value(other, &Kind::Quantity).as_str()).err(),
        };
        if let Some(text) = refused {
            self.refuse(text.to_owned(), place, Some("write a quantity such as 100m or 256Mi".to_owned()));
        }
    }

    fn mismatch(&mut self, node: &Node, kind: &Kind, place: &Place) {
        let value = go_value(&node.value, kind);
        let fields = self.fields.join(".");
        let into = match place.owner {
            Some(owner) => format!("Go struct field {}.{fields}", owner.name),
            None => "Go value".to_owned(),
        };
        let text = format!("json: cannot unmarshal {value} into {into} of type {}", kind.go_type());
        let scalar = matches!(node.value, Value::Number(_) | Value::NonFinite(_) | Value::Bool(_));
        let hint = match kind {
            Kind::String | Kind::Named(_) if scalar => Some("put the value in quotes".to_owned()),
            Kind::Int32 | Kind::Int64 if matches!(node.value, Value::String(_)) => {
                Some("write the number without quotes".to_owned())
            }
            Kind::List(_) => Some("write a list: [ … ]".to_owned()),
            _ => None,
        };
        self.refuse(text, place, hint);
    }

    fn refuse(&mut self, text: String, place: &Place, hint: Option<String>) {
        self.flaws.push(Flaw { text, unknown_field: false, path: place.path.clone(), at: place.at, hint });
    }
}

fn sorted(map: &crate::yaml::Map) -> Vec<(&String, &crate::yaml::Entry)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

fn fits(kind: &Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::String | Kind::Named(_) | Kind::Time, Value::String(_))
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Float64, Value::Number(_)) => true,
        (Kind::Int32, Value::Number(number)) => {
            number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
        }
        (Kind::Int64, Value::Number(number)) => number.is_i64(),
        _ => false,
    }
}

/// How Go names a JSON value that does not fit.
fn go_value(value: &Value, kind: &Kind) -> String {
    match value {
        Value::Number(number) if matches!(kind, Kind::Int32 | Kind::Int64) => format!("number {number}"),
        Value::Number(_) | Value::NonFinite(_) => "number".into(),
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::String(_) => "string".into(),
        Value::List(_) => "array".into(),
        Value::Map(_) => "object".into(),
    }
}

/// What to do about a field that is not there.
fn hint_for_unknown(key: &str, shape: &'static Struct) -> Option<String> {
    if shape.name == "Container"
        && let Some(hint) = pod::instead_of(key)
    {
        return Some(hint.to_owned());
    }
    if let Some(name) = nearest(key, shape.names()) {
        return Some(format!("did you mean {name}?"));
    }
    let names: Vec<_> = shape.names().collect();
    (names.len() <= 12).then(|| format!("it can be {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::parse;

    fn flaws(text: &str) -> Vec<Flaw> {
        let document = parse(text.as_bytes()).expect("YAML").remove(0);
        decode(&document.root, &PIPELINE, &KeyPath::root())
    }

    fn words(text: &str) -> Vec<String> {
        flaws(text).into_iter().map(|flaw| flaw.text).collect()
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_in_gos_words() {
        let table = [
            (
                "spec: {containers: [{env: [{name: X, value: 8080}]}]}",
                "number into Go struct field EnvVar.spec.containers.env.value of type string",
            ),
            (
                "spec: {containers: [{env: [{name: X, value: yes}]}]}",
                "bool into Go struct field EnvVar.spec.containers.env.value of type string",
            ),
            (
                "spec: {containers: [{args: [1]}]}",
                "number into Go struct field Container.spec.containers.args of type string",
            ),
            (
                "spec: {containers: [{command: sh}]}",
                "string into Go struct field Container.spec.containers.command of type []string",
            ),
            (
                "spec: {jobOptions: {backoffLimit: \"3\"}}",
                "string into Go struct field JobOptions.spec.jobOptions.backoffLimit of type int32",
            ),
            (
                "metadata: {labels: {a: true}}",
                "bool into Go struct field ObjectMeta.metadata.labels of type string",
            ),
            (
                "spec: {volumes: [{emptyDir: x}]}",
                "string into Go struct field Volume.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource",
            ),
            (
                "spec: {jobOptions: {backoffLimit: 1.5}}",
                "number 1.5 into Go struct field JobOptions.spec.jobOptions.backoffLimit of type int32",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(words(text), [format!("json: cannot unmarshal {expected}")], "{text}");
        }
    }

    #[test]
    fn values_that_fit_are_taken() {
        let text = "kind: Pipeline\napiVersion: v1\nmetadata: {name: a, labels: {b: c}}\nspec:\n  jobOptions: {backoffLimit: 3}\n  \
                    volumes: [{name: v, emptyDir: {sizeLimit: 1Gi}}, {name: c, configMap: {name: x}}]\n  containers:\n  - \
                    {Image: busybox, env: [{name: A, value: '1'}, {name: B}], resources: {limits: {cpu: 1}}, command: null}\n";
        assert_eq!(words(text), [] as [&str; 0]);
    }

    #[test]
    fn an_unknown_field_is_refused_where_it_stands() {
        let found = flaws("spec:\n  containers:\n  - name: a\n    workingDir: /x\n    comand: [a]\n");
        let words: Vec<_> = found.iter().map(|flaw| flaw.text.as_str()).collect();
        assert_eq!(words, ["json: unknown field \"comand\"", "json: unknown field \"workingDir\""]);
        assert_eq!(found[0].hint.as_deref(), Some("did you mean command?"));
        assert_eq!(found[0].at, Position { line: 5, column: 5 });
        assert_eq!(found[1].path.to_string(), "spec.containers[0].workingDir");
        assert!(found[1].hint.as_deref().expect("a hint").contains("WORKDIR"));
    }

    #[test]
    fn a_quantity_must_look_like_one() {
        let text = "spec: {containers: [{resources: {limits: {memory: 1 GB}}}]}";
        assert!(words(text)[0].starts_with("quantities must match the regular expression"));
    }

    proptest! {
        #[test]
        fn no_yaml_makes_it_panic(text in "[-a:?{}\\[\\], \\n0-9]{0,60}") {
            for document in parse(text.as_bytes()).unwrap_or_default() {
                decode(&document.root, &PIPELINE, &KeyPath::root());
            }
        }
    }
}
