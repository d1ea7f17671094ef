//! Marks for many documents at once, as the settings give them: which documents, where in them, and what is there.

use std::path::PathBuf;

use globset::GlobMatcher;

use crate::yaml::{Entry, KeyPath, Map, Node, Position, Value};

use super::mark::TAGS;

/// Where a rule is written, for pointing at it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) at: Position,
}

/// A mark that stands in the settings.
#[derive(Debug, Clone)]
pub(crate) struct MarkRule {
    pub(crate) place: Place,
    pub(crate) documents: Selector,
    pub(crate) path: Pattern,
    pub(crate) is: Is,
}

/// Which documents a rule is about: those that fit all that is said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    pub(crate) file: Option<GlobMatcher>,
    pub(crate) kind: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) name: Option<GlobMatcher>,
    pub(crate) namespace: Option<GlobMatcher>,
}

/// What a rule puts at a place, in the words of the tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Is {
    /// `!any`, `!regex '…'`: in place of the value.
    Value { tag: &'static str, text: Option<String> },
    /// `!subset`, `!unordered`, `!contains`: how the value that stands there is compared.
    How { tag: &'static str },
    /// `!absent`
    Absent,
}

/// A path that may lead to several places: `spec.containers[*].image`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
    AnyName,
    AnyItem,
}

impl MarkRule {
    /// Puts the mark wherever it belongs in a document, and says where that is.
    pub(super) fn apply(&self, file: &str, root: &mut Node) -> Vec<KeyPath> {
        let mut places = Vec::new();
        if self.documents.fits(file, root) {
            self.put(root, &self.path.0, &KeyPath::root(), &mut places);
        }
        places
    }

    fn put(&self, node: &mut Node, steps: &[Step], at: &KeyPath, places: &mut Vec<KeyPath>) {
        let Some((step, rest)) = steps.split_first() else {
            places.push(at.clone());
            return self.is.replace(node);
        };
        match (step, &mut node.value) {
            (Step::Name(name), Value::Map(map)) => {
                if rest.is_empty() && self.is == Is::Absent {
                    absent(map, name, node.at);
                }
                if let Some(entry) = map.get_mut(name) {
                    self.put(&mut entry.node, rest, &at.name(name), places);
                }
            }
            (Step::AnyName, Value::Map(map)) => {
                for (name, entry) in map.iter_mut() {
                    self.put(&mut entry.node, rest, &at.name(name), places);
                }
            }
            (Step::Index(index), Value::List(items)) => {
                if let Some(item) = items.get_mut(*index) {
                    self.put(item, rest, &at.index(*index), places);
                }
            }
            (Step::AnyItem, Value::List(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.put(item, rest, &at.index(index), places);
                }
            }
            _ => {}
        }
    }
}

/// Makes room for a mark that says that a key is not there.
fn absent(map: &mut Map, name: &str, at: Position) {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), Entry { key_at: at, node: Node { at, tag: None, value: Value::Null } });
    }
}

impl Is {
    /// A mark by its tag, and what stands behind that.
    pub(crate) fn new(tag: &str, text: Option<String>) -> Option<Self> {
        let tag = TAGS.into_iter().find(|known| *known == tag)?;
        Some(match tag {
            "!absent" => Self::Absent,
            "!subset" | "!contains" | "!unordered" => Self::How { tag },
            _ => Self::Value { tag, text },
        })
    }

    pub(crate) fn tag(&self) -> &'static str {
        match self {
            Self::Value { tag, .. } | Self::How { tag } => tag,
            Self::Absent => "!absent",
        }
    }

    /// What stands behind the tag, in place of a value.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Value { text, .. } => text.as_deref(),
            Self::How { .. } | Self::Absent => None,
        }
    }

    /// Puts the mark in place of a value.
    pub(super) fn replace(&self, node: &mut Node) {
        match self {
            Self::How { tag } => node.tag = Some((*tag).to_owned()),
            Self::Absent => {
                node.tag = Some("!absent".to_owned());
                node.value = Value::Null;
            }
            Self::Value { tag, text } => {
                node.tag = Some((*tag).to_owned());
                node.value = text.clone().map_or(Value::Null, Value::String);
            }
        }
    }
}

impl Selector {
    fn fits(&self, file: &str, root: &Node) -> bool {
        let metadata = |key| root.get("metadata").and_then(|metadata| metadata.text(key)).unwrap_or_default();
        let says =
            |wanted: &Option<String>, key| wanted.as_deref().is_none_or(|text| root.text(key) == Some(text));
        let is_like =
            |wanted: &Option<GlobMatcher>, text: &str| wanted.as_ref().is_none_or(|glob| glob.is_match(text));
        says(&self.kind, "kind")
            && says(&self.api_version, "apiVersion")
            && is_like(&self.name, metadata("name"))
            && is_like(&self.namespace, metadata("namespace"))
            && is_like(&self.file, file)
    }
}

impl Pattern {
    /// Whether the path ends in a key: only that can be absent.
    pub(crate) fn ends_in_a_name(&self) -> bool {
        matches!(self.0.last(), Some(Step::Name(_)))
    }
}

impl std::fmt::Display for Is {
    /// As it stands in a file: `!regex '^[a-f]+$'`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tag = self.tag();
        match self.text() {
            None => f.write_str(tag),
            Some(text) if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => write!(f, "{tag} {text}"),
            Some(text) => write!(f, "{tag} '{}'", text.replace('\'', "''")),
        }
    }
}

impl std::str::FromStr for Pattern {
    type Err = String;

    /// `metadata.labels["helm.sh/chart"]`, `spec.ports[0].port`, `spec.containers[*].image`, `data.*`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| {
            format!(
                "`{text}` is not a path: {what}; one is spec.ports[0].port, containers[*].image or labels[\"a.b/c\"]"
            )
        };
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (step, after) = bracket(inside)
                    .ok_or_else(|| wrong("what stands in brackets is no index, * or \"name\""))?;
                steps.push(step);
                rest = after;
            } else {
                let name = match (steps.is_empty(), rest.strip_prefix('.')) {
                    (true, _) => rest,
                    (false, Some(name)) => name,
                    (false, None) => return Err(wrong("a dot is missing")),
                };
                let end = name.find(['.', '[']).unwrap_or(name.len());
                match &name[..end] {
                    "" => return Err(wrong("a name is missing")),
                    "*" => steps.push(Step::AnyName),
                    name => steps.push(Step::Name(name.to_owned())),
                }
                rest = &name[end..];
            }
        }
        if steps.is_empty() { Err(wrong("it is empty")) } else { Ok(Self(steps)) }
    }
}

/// What stands between brackets, and what follows.
fn bracket(inside: &str) -> Option<(Step, &str)> {
    if let Some(rest) = inside.strip_prefix("*]") {
        return Some((Step::AnyItem, rest));
    }
    if inside.starts_with('"') {
        let mut names = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let name = names.next()?.ok()?;
        return Some((Step::Name(name), inside[names.byte_offset()..].strip_prefix(']')?));
    }
    let (index, rest) = inside.split_once(']')?;
    Some((Step::Index(index.parse().ok()?), rest))
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            let dot = if place == 0 { "" } else { "." };
            match step {
                Step::AnyItem => f.write_str("[*]")?,
                Step::AnyName => write!(f, "{dot}*")?,
                Step::Index(index) => write!(f, "{}", KeyPath::root().index(*index))?,
                Step::Name(name) => {
                    let name = KeyPath::root().name(name).to_string();
                    write!(f, "{}{name}", if name.starts_with('[') { "" } else { dot })?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn applied(path: &str, is: &Is, text: &str) -> (String, usize) {
        let place = Place { file: "kratix-test.yaml".into(), at: Position::default() };
        let documents = Selector { kind: Some("A".to_owned()), ..Selector::default() };
        let rule = MarkRule { place, documents, path: path.parse().expect("a path"), is: is.clone() };
        let mut root = parse(text.as_bytes()).expect("YAML").remove(0).root;
        let places = rule.apply("output/a.yaml", &mut root).len();
        (crate::yaml::emit_node(&root), places)
    }

    #[test]
    fn a_rule_puts_its_mark_wherever_its_path_leads() {
        let any = Is::Value { tag: "!any", text: None };
        let text = "{kind: A, l: [{x: 1}, {x: 2}, {}], m: {a.b/c: 1, d: 2}}";
        for (path, count, marked) in [
            ("l[*].x", 2, "- x: !any\n- x: !any\n- {}\n"),
            ("l[1].x", 1, "- x: 1\n- x: !any\n- {}\n"),
            ("m[\"a.b/c\"]", 1, "  a.b/c: !any\n  d: 2\n"),
            ("m.*", 2, "  a.b/c: !any\n  d: !any\n"),
            ("m.none", 0, "  a.b/c: 1\n"),
            ("kind", 1, "kind: !any\n"),
        ] {
            let (text, places) = applied(path, &any, text);
            assert_eq!(places, count, "{path}");
            assert!(text.contains(marked), "{path}: {text}");
        }
        assert_eq!(applied("m", &any, "{kind: B, m: 1}").1, 0);
    }

    #[test]
    fn what_must_be_absent_need_not_be_there() {
        let (text, places) = applied("m.b", &Is::Absent, "{kind: A, m: {a: 1}}");
        assert_eq!((text.as_str(), places), ("kind: A\nm:\n  a: 1\n  b: !absent\n", 1));
    }

    #[test]
    fn a_value_keeps_its_place_where_only_how_it_is_compared_is_said() {
        let (text, _) = applied("m", &Is::How { tag: "!unordered" }, "{kind: A, m: [1, 2]}");
        assert_eq!(text, "kind: A\nm: !unordered\n- 1\n- 2\n");
    }

    #[test]
    fn paths_are_written_as_reports_write_them() {
        for path in
            ["spec.ports[0].port", "a[*].b", "metadata.labels[\"helm.sh/chart\"]", "data.*", "*.x", "[0].a"]
        {
            assert_eq!(path.parse::<Pattern>().expect(path).to_string(), path);
        }
        for path in ["", "a..b", "a.", "a[", "a[x]", "a[0]b", "a[\"b]", ".a"] {
            assert!(path.parse::<Pattern>().is_err(), "{path}");
        }
    }
}
