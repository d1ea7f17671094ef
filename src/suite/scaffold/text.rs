//! A request as a file: fields in the order of the API, each below what the API says of it.

use serde_json::{Map, Value as Json, json};

use crate::yaml::{self, Node};

/// How wide a comment may be.
const WIDTH: usize = 100;

/// The text of a value by its schema.
pub(super) fn text(value: &Json, schema: Option<&Node>) -> String {
    let mut text = String::new();
    write(value, schema, 0, &mut text);
    text
}

/// Lines as a comment.
pub(super) fn comment(lines: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let wrapped =
        lines.trim().lines().flat_map(|line| wrap(line.trim_end(), WIDTH.saturating_sub(indent + 2)));
    wrapped.map(|line| format!("{}\n", format!("{margin}# {line}").trim_end())).collect()
}

fn write(value: &Json, schema: Option<&Node>, indent: usize, text: &mut String) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (name, inner) in ordered(map, schema) {
                let schema = schema.and_then(|schema| at_key(schema, name));
                text.push_str(&describe(schema, indent));
                entry(name, inner, schema, indent, text);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            let schema = schema.and_then(|schema| schema.get("items"));
            for value in items {
                item(value, schema, indent, text);
            }
        }
        value => text.push_str(&indented(&yaml::emit(value), indent)),
    }
}

fn entry(name: &str, value: &Json, schema: Option<&Node>, indent: usize, text: &mut String) {
    if !is_collection(value) {
        text.push_str(&indented(&yaml::emit(&json!({name: value})), indent));
        return;
    }
    let key = yaml::emit(&json!({name: {}}));
    text.push_str(&indented(key.trim_end().trim_end_matches("{}").trim_end(), indent));
    let below = if value.is_array() { indent } else { indent + 2 };
    write(value, schema, below, text);
}

/// An item of a list: what would stand at its left is what the hyphen takes.
fn item(value: &Json, schema: Option<&Node>, indent: usize, text: &mut String) {
    if !is_collection(value) {
        text.push_str(&indented(&yaml::emit(&json!([value])), indent));
        return;
    }
    let mut inner = String::new();
    write(value, schema, indent + 2, &mut inner);
    let margin = " ".repeat(indent);
    // A comment cannot stand behind a hyphen: those of the first field come before it.
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    let comments = inner.lines().take_while(is_comment).count();
    let mut lines = inner.split_inclusive('\n');
    for line in lines.by_ref().take(comments) {
        text.push_str(&format!("{margin}{}", line.trim_start()));
    }
    let rest: String = lines.collect();
    text.push_str(&format!("{margin}- {}", rest.get(indent + 2..).unwrap_or(&rest)));
}

fn is_collection(value: &Json) -> bool {
    match value {
        Json::Object(map) => !map.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// The entries as the API orders them: first what every object has, then what the API names, then the rest.
fn ordered<'v>(map: &'v Map<String, Json>, schema: Option<&Node>) -> Vec<(&'v String, &'v Json)> {
    let properties = schema.and_then(|schema| schema.get("properties")?.as_map());
    let first = |name: &String| match map.contains_key("apiVersion") && map.contains_key("kind") {
        true => ["apiVersion", "kind", "metadata"].iter().position(|first| first == name),
        false => None,
    };
    let named = |name: &String| properties.and_then(|properties| properties.get_index_of(name));
    let last = usize::MAX;
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(name, _)| (first(name).unwrap_or(last), named(name).unwrap_or(last)));
    entries
}

fn at_key<'s>(schema: &'s Node, name: &str) -> Option<&'s Node> {
    let named = schema.get("properties").and_then(|properties| properties.get(name));
    named.or_else(|| schema.get("additionalProperties"))
}

fn describe(schema: Option<&Node>, indent: usize) -> String {
    let description = schema.and_then(|schema| schema.text("description")).unwrap_or_default();
    if description.trim().is_empty() { String::new() } else { comment(description, indent) }
}

/// Lines moved to the right. A line without anything stays so.
fn indented(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let moved =
        text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{margin}{line}\n") });
    moved.collect()
}

/// A line as several that are no wider than asked for, if its words allow it.
fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    // What an author indents is laid out by hand.
    let hanging: String = line.chars().take_while(|c| *c == ' ').collect();
    for word in line.split_whitespace() {
        let last = lines.last_mut().expect("it began with one");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(format!("{hanging}{word}"));
        } else if last.is_empty() {
            last.push_str(&format!("{hanging}{word}"));
        } else {
            last.push_str(&format!(" {word}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::parse;

    fn written(value: &Json, schema: &str) -> String {
        let schema = parse(schema.as_bytes()).expect("YAML").remove(0).root;
        text(value, Some(&schema))
    }

    #[test]
    fn fields_stand_in_the_order_of_the_api_below_their_descriptions() {
        let schema = "
properties:
  size: {description: How large it is.}
  ports:
    description: |
      Where it listens.

      As many as you like.
    items:
      properties:
        name: {description: What it is called.}
        number: {description: Which it is.}
  \"on\": {}
  labels: {additionalProperties: {description: Of a team.}}
";
        let value = json!({
            "zz": "y", "on": "a\n b\n", "labels": {"team": "x"}, "empty": {}, "nested": [[1, "2"], {"a": []}],
            "ports": [{"number": 80, "name": "http"}, "x"], "size": "1",
        });
        let expected = "\
# How large it is.
size: \"1\"
# Where it listens.
#
# As many as you like.
ports:
# What it is called.
- name: http
  # Which it is.
  number: 80
- x
\"on\": |
  a
   b
labels:
  # Of a team.
  team: x
empty: {}
nested:
- - 1
  - \"2\"
- a: []
zz: \"y\"
";
        assert_eq!(written(&value, schema), expected);
    }

    #[test]
    fn long_lines_of_a_comment_are_wrapped() {
        let line = "word ".repeat(30);
        let text = comment(&line, 4);
        assert!(text.lines().count() == 2 && text.lines().all(|line| line.starts_with("    # word")));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(comment("a\n  b", 0), "# a\n#   b\n");
    }

    fn any_value() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            "[ -~\\n]{0,12}".prop_map(Json::from),
            "\\PC{0,100}".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map("[ -~]{0,6}", inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(value in any_value(), description in "[ -~\\n]{0,40}") {
            let text = text(&value, None);
            let read = |text: &str| {
                parse(text.as_bytes()).expect("our own text").first().map_or(Json::Null, |document| document.root.to_json())
            };
            prop_assert_eq!(read(&text), value.clone(), "{}", text);
            let schema = json!({"additionalProperties": {"description": description}, "items": {"additionalProperties":
                {"description": description}}});
            let schema = parse(yaml::emit(&schema).as_bytes()).expect("YAML").remove(0).root;
            let text = super::text(&value, Some(&schema));
            prop_assert_eq!(read(&text), value, "{}", text);
        }
    }
}
