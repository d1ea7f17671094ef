//! The JSON Schema of the settings, held against the settings of fixtures and of the README, and against the program.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::{Value, json};

use crate::case::{Case, root};

fn schema() -> Value {
    let text = fs::read_to_string(root().join("schema/kratix-test.schema.json")).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}

/// What is wrong with a value, by the keywords that the schema uses. Any other is an error of the schema.
fn problems(schema: &Value, rule: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (keyword, rule_of) in rule.as_object().expect("a schema") {
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" | "examples" | "definitions" => true,
            "type" => {
                let types: Vec<&str> = match rule_of {
                    Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                types.iter().any(|name| is_of(value, name))
            }
            "enum" => rule_of.as_array().expect("values").contains(value),
            "pattern" => {
                let pattern = Regex::new(rule_of.as_str().expect("text")).expect("a pattern");
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "required" => rule_of
                .as_array()
                .expect("names")
                .iter()
                .all(|name| value.get(name.as_str().expect("a name")).is_some()),
            "anyOf" => rule_of
                .as_array()
                .expect("schemas")
                .iter()
                .any(|rule| problems(schema, rule, value, at).is_empty()),
            "$ref" => {
                let pointer = rule_of.as_str().and_then(|text| text.strip_prefix('#')).expect("a pointer");
                let rule = schema.pointer(pointer).expect("a definition");
                found.extend(problems(schema, rule, value, at));
                true
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    found.extend(problems(schema, rule_of, item, &format!("{at}[]")));
                }
                true
            }
            "properties" => {
                for (name, rule) in rule_of.as_object().expect("properties") {
                    let value = value.get(name).into_iter();
                    found.extend(
                        value.flat_map(|value| problems(schema, rule, value, &format!("{at}.{name}"))),
                    );
                }
                true
            }
            "propertyNames" => {
                for name in value.as_object().into_iter().flat_map(|map| map.keys()) {
                    found.extend(problems(schema, rule_of, &json!(name), &format!("{at}.{name}")));
                }
                true
            }
            "additionalProperties" => {
                let known = rule["properties"].as_object();
                for (name, value) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|known| known.contains_key(name)) {
                        continue;
                    }
                    match rule_of {
                        Value::Bool(false) => found.push(format!("{at}.{name} is unknown")),
                        rule => found.extend(problems(schema, rule, value, &format!("{at}.{name}"))),
                    }
                }
                true
            }
            other => panic!("{at}: the schema uses {other}, which nothing here checks"),
        };
        if !holds {
            found.push(format!("{at} is not as {keyword} says: {value}"));
        }
    }
    found
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

fn validate(text: &str) -> Vec<String> {
    let schema = schema();
    let value: Value = serde_yaml::from_str(text).expect("YAML");
    problems(&schema, &schema, &value, "")
}

fn settings_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.ends_with(".kratix-test") => {}
            path if path.is_dir() => settings_files(&path, found),
            path if path.ends_with("kratix-test.yaml") => found.push(path),
            _ => {}
        }
    }
}

#[test]
fn the_settings_of_fixtures_and_of_the_readme_are_valid() {
    let mut files = Vec::new();
    settings_files(&root().join("fixtures"), &mut files);
    assert!(files.len() > 1, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        assert_eq!(validate(&text), Vec::<String>::new(), "{}", file.display());
    }
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let (_, settings) = readme.split_once("\n## Settings\n").expect("settings");
    let text =
        settings.split("```yaml\n").nth(1).and_then(|text| text.split("```").next()).expect("an example");
    assert_eq!(validate(text), Vec::<String>::new());
    // Each setting is shown there.
    let shown: Value = serde_yaml::from_str(text).expect("YAML");
    let properties = schema()["properties"].as_object().expect("properties").clone();
    let missing: Vec<&String> = properties.keys().filter(|name| shown.get(name.as_str()).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_the_program_refuses_the_schema_refuses() {
    for text in [
        "timeot: 3s",
        "workflow: some/thing",
        "env: {A: 5}",
        "exit: [1]",
        "compare: fuzzy",
        "limits: some",
        "volumes: [\"~/.kube\"]",
        "findings: {X: allow}",
        "expect: {refuse: x}",
        "stages: {a: {skp: x}}",
        "images: {a: {contxt: x}}",
        "marks: [{path: x}]",
        "marks: [{path: x, is: {type: text}}]",
        "filters: [{regex: x}]",
    ] {
        assert!(!validate(text).is_empty(), "the schema takes {text}");
        let case =
            Case::script("true").file("test/input/object.yaml", "").file("test/kratix-test.yaml", text);
        case.run(&["list"]).exits(1).says("test/kratix-test.yaml:");
    }
}

#[test]
fn null_takes_back_what_an_outer_file_says() {
    assert_eq!(
        validate("network: null\ntimeout:\nenv: {A: ~}\nexpect: ~\ncompare: ~\n"),
        Vec::<String>::new()
    );
}

#[test]
fn the_program_prints_it() {
    let ran = Case::script("true").run(&["schema"]).exits(0);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).expect("JSON"), schema());
}
