//! Edits, by example and by property.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::super::rule::Is;
use super::super::scope::Scope;
use super::super::tests::{any_object, leaf_places};
use super::super::value::same_value;
use super::{Around, Parts, Rewritten, Spot, edit, edit_parts, mark};
use crate::yaml::{Key, emit, parse};

/// An expected file, what was left, and the file as it is then. What is written anew is named at the end.
const EDITS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "a value changes, and comments and formatting stay",
        "# kept\nb:   1 # one\na: {x: 'yes',   y: 2}\n",
        "a: {x: 'no', y: 2}\nb: 2\n",
        "# kept\nb:   2 # one\na: {x: 'no',   y: 2}\n",
        "",
    ),
    (
        "marks that fit stay",
        "id: !uuid\nhash: !regex '^[a-f]+$' # why\nat: !timestamp 2020-01-01T00:00:00Z\nn: 1\n",
        "id: 6f1f4a3e-7a52-4d0e-9f4f-0f6a3f0b8c11\nhash: abc\nat: 2024-01-01T00:00:00Z\nn: 2\n",
        "id: !uuid\nhash: !regex '^[a-f]+$' # why\nat: !timestamp 2020-01-01T00:00:00Z\nn: 2\n",
        "",
    ),
    (
        "a mark that does not fit goes",
        "hash: !regex '^[a-f]+$' # why\n",
        "hash: x1\n",
        "hash: x1 # why\n",
        "",
    ),
    (
        "keys are put in where they were left, and taken out",
        "a: 1\n# about c\nc: 3\nd:\n  x: 1\ne: 5\n",
        "a: 1\nb: [1, {w: 2}]\nc: 3\nd: {x: 1, z: {}}\n",
        "a: 1\nb:\n- 1\n- w: 2\n# about c\nc: 3\nd:\n  x: 1\n  z: {}\n",
        "",
    ),
    (
        "the first key is taken out, and what is said of the next stays",
        "a: 1 # one\n# about b\nb: 2\nc: 3\n",
        "b: 2\nc: 3\nd: 4\n",
        "# about b\nb: 2\nc: 3\nd: 4\n",
        "",
    ),
    (
        "the first key of an item is taken out, and another put in",
        "l:\n  - name: a # first\n    x: 1\n  - name: b\n",
        "l:\n- x: 1\n- {a: 0, name: b}\n",
        "l:\n  - x: 1\n  - a: 0\n    name: b\n",
        "",
    ),
    (
        "items are put in and taken out",
        "env:\n  # about A\n  - name: A\n    value: '1'\n  - name: B\n    value: '2' # two\n",
        "env:\n- {name: B, value: '3'}\n- {name: C, value: x}\n",
        "env:\n  # about A\n  - name: B\n    value: '3' # two\n  - name: C\n    value: x\n",
        "",
    ),
    (
        "what stands in brackets",
        "a: [1, 2, 3]\nb: {x: 1, y: 2}\nc: [x]\nd: {a: !any}\n",
        "a: [0, 1, 3, 4]\nb: {y: 2, z: 'a: b'}\nc: [x, {w: [1]}]\nd: {a: 5, b: 6}\n",
        "a: [0, 1, 3, 4]\nb: {y: 2, z: \"a: b\"}\nc: [x, {w: [1]}]\nd: {a: !any, b: 6}\n",
        "",
    ),
    (
        "a block of text keeps how far it is indented",
        "run: |  # a script\n      one\n      two\n\nlast: 1\n",
        "run: |\n  one\n  three\nlast: 1\n",
        "run: |  # a script\n      one\n      three\n\nlast: 1\n",
        "",
    ),
    (
        "a value becomes a map, and a map a value",
        "a: 1 # one\nb:\n  # inside\n  x: 1\nc:\nd: []\n",
        "a: {x: [1]}\nb: 2\nc: 3\nd: [1]\n",
        "a: # one\n  x:\n  - 1\nb: 2\nc: 3\nd:\n- 1\n",
        "d",
    ),
    (
        "a text of several lines comes and goes",
        "a: one # c\nb: |\n  one\n  two\nc: 1\n",
        "a: |-\n  one\n  two\nb: one\nc: 1\n",
        "a: |- # c\n  one\n  two\nb: one\nc: 1\n",
        "",
    ),
    ("line ends stay", "a: 1\r\nb:\r\n- x\r\n", "a: 2\nb:\n- x\n- z\n", "a: 2\r\nb:\r\n- x\r\n- z\r\n", ""),
    ("no newline at the end stays", "a: 1\nb: 2", "a: 1\nb: 3\n", "a: 1\nb: 3", ""),
    (
        "documents",
        "# first\nkind: A\napiVersion: v1\nx: 1\n---\n# gone\nkind: B\napiVersion: v1\nb: 1\nc: 2\n---\n# last\nkind: C\napiVersion: v1\n",
        "{kind: C, apiVersion: v1}\n---\n{kind: D, apiVersion: v1, d: 1, e: 2}\n---\n{kind: A, apiVersion: v1, x: 2}\n",
        "# first\nkind: A\napiVersion: v1\nx: 2\n---\n# last\nkind: C\napiVersion: v1\n---\n{kind: D, apiVersion: v1, d: 1, e: 2}\n",
        "",
    ),
    (
        "a list in another order is written anew, with the marks that fit",
        "args: # why\n- b # one\n- !regex '^a'\nx: 1 # kept\n",
        "args: [ab, b]\nx: 1\n",
        "args: # why\n- !regex '^a'\n- b\nx: 1 # kept\n",
        "args",
    ),
    (
        "items whose order means nothing stay in theirs",
        "ports:\n- containerPort: 80 # web\n- containerPort: 443 # tls\n  name: tls\n",
        "ports: [{containerPort: 443, name: https}, {containerPort: 80}]\n",
        "ports:\n- containerPort: 80 # web\n- containerPort: 443 # tls\n  name: https\n",
        "",
    ),
    (
        "subsets, lists with at least these items, and keys that must not be there",
        "a: !subset {x: 1}\nb: !contains [x, z]\nc: !absent\nd: !unordered\n- 1\n- 2\n",
        "a: {x: 2, y: 3}\nb: [z, q]\nc: 1\nd: [2, 3, 1]\n",
        "a: !subset {x: 2}\nb: !contains [q, z]\nc: 1\nd: !unordered\n- 1\n- 2\n- 3\n",
        "",
    ),
    (
        "a file inside a ConfigMap",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n    # kept\n    x: 1\n    id: !any\n",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n    id: 5\n    x: 2\n",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n    # kept\n    x: 2\n    id: !any\n",
        "",
    ),
    (
        "where a value stands for another, the document is written anew",
        "a: &x {p: 1}\nb: *x\nc: !any\n---\nkept: 1 # yes\n",
        "a: {p: 2}\nb: {p: 1}\nc: 3\n---\nkept: 1\n",
        "a:\n  p: 2\nb:\n  p: 1\nc: !any\n---\nkept: 1 # yes\n",
        "document",
    ),
    (
        "an anchor's value may change together with its aliases",
        "a: &x {p: 1} # kept\nb: *x\n",
        "a: {p: 2}\nb: {p: 2}\n",
        "a: &x {p: 2} # kept\nb: *x\n",
        "",
    ),
    ("what is no YAML is written anew", "a: {{ x }}\n", "a: 1\n", "a: 1\n", "file"),
];

const AROUND: Around<'_> = Around { name: "x.yaml", marks: &[], others: &[], parts: None };

#[test]
fn a_document_that_moved_here_keeps_its_marks_and_comments() {
    let other = b"{apiVersion: v1, kind: A}\n---\n# about B\napiVersion: v1\nkind: B\nid: !any\nn: 1 # one\n"
        .to_vec();
    let actual = b"apiVersion: v1\nkind: C\n---\n{apiVersion: v1, kind: B, id: 7, n: 2}\n";
    let around = Around { others: &[other], ..AROUND };
    let moved = "---\n# about B\napiVersion: v1\nkind: B\nid: !any\nn: 2 # one\n";
    for (before, after) in [
        ("# C\napiVersion: v1\nkind: C\n", "# C\napiVersion: v1\nkind: C\n"),
        ("", "apiVersion: v1\nkind: C\n"),
    ] {
        let edited = edit(before.as_bytes(), actual, &around);
        assert_eq!(String::from_utf8(edited.text).expect("text"), format!("{after}{moved}"));
    }
    let edited = edit(b"", b"# all of it\na: 1\n", &around);
    assert_eq!(edited.text, b"# all of it\na: 1\n");
}

#[test]
fn of_a_file_only_the_documents_that_are_taken_change() {
    let expected = "# one\nkind: A\napiVersion: v1\nn: 1 # n\n---\n# two\nkind: B\napiVersion: v1\nm: !any\nn: 1\n---\nkind: C\napiVersion: v1\n";
    let actual = "{kind: A, apiVersion: v1, n: 2}\n---\n{kind: B, apiVersion: v1, m: 7, n: 2}\n---\n{kind: D, apiVersion: v1, x: [1, 2, 3], y: {z: 1}}\n";
    let parts = |expected: &[usize], actual: &[usize]| Parts {
        expected: expected.iter().copied().collect(),
        actual: actual.iter().copied().collect(),
    };
    let of = |parts: Parts| {
        let around = Around { parts: Some(&parts), ..AROUND };
        let edited = edit_parts(expected.as_bytes(), actual.as_bytes(), &around).expect("possible");
        String::from_utf8(edited.text).expect("text")
    };
    assert_eq!(of(parts(&[], &[])), expected);
    assert_eq!(of(parts(&[0], &[])), expected.replace("n: 1 # n", "n: 2 # n"));
    assert_eq!(of(parts(&[1], &[])), expected.replace("!any\nn: 1", "!any\nn: 2"));
    assert_eq!(of(parts(&[2], &[])), expected.replace("---\nkind: C\napiVersion: v1\n", ""));
    let new = "{kind: D, apiVersion: v1, x: [1, 2, 3], y: {z: 1}}\n";
    let with_new = of(parts(&[], &[2]));
    assert!(with_new.contains(new) && with_new.replace(&format!("---\n{new}"), "") == expected, "{with_new}");
    let all = of(parts(&[0, 1, 2], &[2]));
    assert_eq!(all, edited(expected, actual).0);
    let around = Around { parts: Some(&parts(&[0], &[])), ..AROUND };
    assert_eq!(edit_parts(b"a: {{ x }}\n", b"a: 1\n", &around), None);
}

fn named(rewritten: &[Rewritten]) -> String {
    let name = |rewritten: &Rewritten| match rewritten {
        Rewritten::File => "file".to_owned(),
        Rewritten::Document(_) => "document".to_owned(),
        Rewritten::Value(_, path) => path.to_string(),
    };
    rewritten.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn edited(expected: &str, actual: &str) -> (String, Vec<Rewritten>) {
    let edited = edit(expected.as_bytes(), actual.as_bytes(), &AROUND);
    (String::from_utf8(edited.text).expect("text"), edited.rewritten)
}

#[test]
fn only_what_differs_is_changed() {
    let mut wrong = String::new();
    for (name, expected, actual, after, anew) in EDITS {
        let (text, rewritten) = edited(expected, actual);
        if text != *after || named(&rewritten) != *anew {
            wrong.push_str(&format!(
                "== {name}\n{text}-- and should be\n{after}-- anew: {}\n",
                named(&rewritten)
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn what_is_equal_stays_as_it_is_byte_by_byte() {
    for pair in super::super::tests::pairs() {
        for side in [&pair.expected, &pair.actual] {
            let tree = crate::tree::scan(side.path()).expect("a folder");
            for path in tree.entries.keys().filter(|path| path.contains(".yaml")) {
                let text = tree.read(path).expect("a file");
                assert_eq!(edit(&text, &text, &AROUND).text, text, "{}", pair.name);
            }
        }
    }
}

/// A value as a person might write it: in blocks with comments, or in brackets.
fn by_hand(json: &Json, indent: usize, seed: &mut impl Iterator<Item = u8>) -> String {
    let pad = " ".repeat(indent);
    let comment = |seed: u8| if seed.is_multiple_of(3) { " # a comment" } else { "" };
    let flow = seed.next().unwrap_or(1).is_multiple_of(5);
    match json {
        Json::Object(map) if !map.is_empty() && !flow => {
            let mut text = comment(seed.next().unwrap_or(1)).to_owned() + "\n";
            for (key, value) in map {
                if seed.next().unwrap_or(1).is_multiple_of(4) {
                    text.push_str(&format!("{pad}# above\n"));
                }
                let key = json!(key);
                text.push_str(&format!("{pad}{key}:{}", by_hand(value, indent + 2, seed)));
            }
            text
        }
        Json::Array(items) if !items.is_empty() && !flow => {
            let mut text = "\n".to_owned();
            for item in items {
                text.push_str(&format!("{pad}-{}", by_hand(item, indent + 3, seed)));
            }
            text
        }
        _ => format!(" {json}{}\n", comment(seed.next().unwrap_or(1))),
    }
}

/// The same in another place.
fn at<'j>(json: &'j mut Json, path: &[Key]) -> &'j mut Json {
    path.iter().fold(json, |json, key| match key {
        Key::Name(name) => &mut json[name],
        Key::Index(index) => &mut json[index],
    })
}

/// A path through maps alone, to what is no part of an object's name.
fn names(path: &[Key]) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for key in path {
        let Key::Name(name) = key else { return None };
        names.push(name.as_str());
    }
    let is_free = |name: &&str| !["apiVersion", "kind", "metadata"].contains(name);
    names.iter().all(is_free).then_some(names)
}

fn reach<'j>(json: &'j mut Json, path: &[&str]) -> &'j mut Json {
    path.iter().fold(json, |json, name| &mut json[*name])
}

/// How many lines of two texts of as many lines differ; more than there are, if there are not as many.
fn changed_lines(one: &str, other: &str) -> usize {
    match one.lines().count() == other.lines().count() {
        true => one.lines().zip(other.lines()).filter(|(one, other)| one != other).count(),
        false => usize::MAX,
    }
}

proptest! {
    #[test]
    fn after_an_edit_the_file_says_what_was_left(
        left in prop::collection::vec(any_object(), 1..3),
        right in prop::collection::vec(any_object(), 1..3),
        seed in prop::collection::vec(any::<u8>(), 40),
    ) {
        let mut seed = seed.into_iter().cycle();
        let texts: Vec<String> = left.iter().map(|json| by_hand(json, 0, &mut seed)).collect();
        let expected = texts.join("---\n");
        let actual = right.iter().map(emit).collect::<Vec<_>>().join("---\n");
        let (text, rewritten) = edited(&expected, &actual);
        prop_assert!(!rewritten.contains(&Rewritten::File), "{expected}\n{actual}");
        let (now, then) = (parse(text.as_bytes()).expect("YAML"), parse(actual.as_bytes()).expect("YAML"));
        prop_assert_eq!(now.len(), then.len());
        for one in &then {
            prop_assert!(
                now.iter().any(|other| same_value(&other.root, &one.root, Scope::marked_root())),
                "{expected}\n{actual}\n{text}"
            );
        }
    }

    #[test]
    fn one_changed_leaf_changes_its_lines_alone(
        json in any_object(),
        choice in any::<prop::sample::Index>(),
        seed in prop::collection::vec(any::<u8>(), 40),
    ) {
        let text = by_hand(&json, 0, &mut seed.into_iter().cycle());
        let places = leaf_places(&json);
        let mut other = json.clone();
        let place: &Vec<Key> = choice.get(&places);
        *at(&mut other, place) = json!("something else");
        let (edited, rewritten) = edited(&text, &emit(&other));
        prop_assert!(rewritten.is_empty(), "{rewritten:?}\n{text}\n{edited}");
        let lines = edited.lines().zip(text.lines()).filter(|(one, other)| one != other).count();
        prop_assert_eq!(edited.lines().count(), text.lines().count());
        prop_assert!(lines <= 1, "{text}\n{edited}");
    }

    #[test]
    fn a_mark_changes_its_line_alone_and_stays_whatever_else_changes(
        json in any_object(),
        choices in any::<(prop::sample::Index, prop::sample::Index)>(),
        seed in prop::collection::vec(any::<u8>(), 40),
    ) {
        let text = by_hand(&json, 0, &mut seed.into_iter().cycle());
        let leaves = leaf_places(&json);
        let places: Vec<Vec<&str>> = leaves.iter().filter_map(|path| names(path)).collect();
        prop_assume!(!places.is_empty());
        let (marked, changed) = (choices.0.get(&places), choices.1.get(&places));
        let is = Is::new("!any", None).expect("a mark");
        let spot = Spot { document: 0, path: marked.iter().copied().collect(), within: None, is };
        let with_mark = String::from_utf8(mark(text.as_bytes(), &[spot]).expect("a place")).expect("text");
        prop_assert_eq!(changed_lines(&text, &with_mark), 1, "{}\n{}", text, with_mark);
        let mut other = json.clone();
        *reach(&mut other, changed) = json!("something else");
        *reach(&mut other, marked) = json!("anything");
        let (after, rewritten) = edited(&with_mark, &emit(&other));
        prop_assert!(rewritten.is_empty(), "{rewritten:?}\n{with_mark}\n{after}");
        let expected = usize::from(changed != marked);
        prop_assert_eq!(changed_lines(&with_mark, &after), expected, "{}\n{}", with_mark, after);
    }

    #[test]
    fn an_equal_file_is_not_touched(json in any_object(), seed in prop::collection::vec(any::<u8>(), 40)) {
        let text = by_hand(&json, 0, &mut seed.into_iter().cycle());
        prop_assert_eq!(&edited(&text, &emit(&json)).0, &text);
    }

    #[test]
    fn no_text_makes_it_panic(
        left in "[-a:?&*!|>@{}\\[\\],#'\"<~ \\n0-9]{0,40}",
        right in "[-a:?{}\\[\\],#'\" \\n0-9]{0,30}",
    ) {
        let _ = edited(&left, &right);
        let _ = edited(&right, &left);
    }
}
