//! Whole folders: files, documents across files, and what is no file at all.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use tempfile::TempDir;

use super::super::name::DocumentName;
use super::super::{
    CompareError, Comparison, DiffLine, DiffLineKind, DifferenceKind, Rules, Shown, Side, compare, unified,
};
use crate::tree::{Entry, EntryKind, Tree, Unkept, scan};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn compared(expected: &Path, actual: &Path, exact: bool) -> Comparison {
    let rules = Rules { exact, folder: "output".to_owned(), ..Rules::default() };
    compare(&scan(expected).unwrap(), &scan(actual).unwrap(), &rules).unwrap()
}

fn lines(comparison: &Comparison) -> Vec<String> {
    comparison.differences.iter().map(|found| format!("{}: {}", found.file, found.kind)).collect()
}

fn notes(comparison: &Comparison) -> Vec<String> {
    comparison.notes.iter().map(|note| format!("{} {:?}: {}", note.file, note.side, note.kind)).collect()
}

fn said(expected: &[(&str, &str)], actual: &[(&str, &str)]) -> Vec<String> {
    let (expected, actual) = (folder(expected), folder(actual));
    lines(&compared(expected.path(), actual.path(), false))
}

const A: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: default\ndata:\n  one: x\n  two: z\n";
const B: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {other: content, and: more, of: it}\n";

#[test]
fn equal_folders_have_no_differences() {
    let files = [("a.yaml", A), ("sub/b.txt", "text\n"), ("c.bin", "\0")];
    assert!(said(&files, &files).is_empty());
    assert!(said(&[], &[]).is_empty());
}

#[test]
fn a_missing_file_and_an_unexpected_one_name_what_they_hold() {
    let both = format!("{A}---\n{B}");
    assert_eq!(
        said(&[("x.yaml", &both)], &[]),
        ["output/x.yaml: missing (193 bytes: ConfigMap default/a (v1), ConfigMap b (v1))"]
    );
    assert_eq!(said(&[], &[("x.txt", "hi")]), ["output/x.txt: unexpected (2 bytes)"]);
    assert_eq!(said(&[], &[("empty.yaml", "# nothing\n")]), ["output/empty.yaml: unexpected (10 bytes)"]);
    assert_eq!(said(&[], &[("list.yaml", "- 1\n")]), ["output/list.yaml: unexpected (4 bytes: document 1)"]);
}

#[test]
fn documents_in_another_order_are_the_same() {
    let (one, other) = (format!("{A}---\n{B}"), format!("---\n{B}---\n{A}"));
    assert!(said(&[("x.yaml", &one)], &[("x.yaml", &other)]).is_empty());
}

#[test]
fn a_document_in_another_file_is_one_line() {
    let both = format!("{A}---\n{B}");
    let moved = "output/x.yaml: ConfigMap b (v1) moved from output/x.yaml to output/y.yaml";
    assert_eq!(said(&[("x.yaml", &both)], &[("x.yaml", A), ("y.yaml", B)]), [moved]);
    let back = "output/y.yaml: ConfigMap b (v1) moved from output/y.yaml to output/x.yaml";
    assert_eq!(said(&[("x.yaml", A), ("y.yaml", B)], &[("x.yaml", &both)]), [back]);
    assert_eq!(said(&[("x.yaml", B)], &[("y.yaml", B)]), [moved]);
}

#[test]
fn a_document_that_moved_and_changed_is_two_lines() {
    let changed = B.replace("content", "changed");
    assert_eq!(
        said(&[("x.yaml", B)], &[("y.yaml", &changed)]),
        [
            "output/x.yaml: ConfigMap b (v1) differs in 1 place",
            "output/x.yaml: ConfigMap b (v1) moved from output/x.yaml to output/y.yaml"
        ]
    );
}

#[test]
fn what_is_left_of_a_file_whose_documents_moved_is_missing() {
    let both = format!("{A}---\n{B}");
    assert_eq!(
        said(&[("x.yaml", &both)], &[("y.yaml", B)]),
        [
            "output/x.yaml: missing (193 bytes: ConfigMap default/a (v1))",
            "output/x.yaml: ConfigMap b (v1) moved from output/x.yaml to output/y.yaml"
        ]
    );
}

#[test]
fn a_document_too_few_or_too_many_is_one_line() {
    let both = format!("{A}---\n{B}");
    assert_eq!(said(&[("x.yaml", &both)], &[("x.yaml", A)]), ["output/x.yaml: ConfigMap b (v1) is missing"]);
    assert_eq!(
        said(&[("x.yaml", A)], &[("x.yaml", &both)]),
        ["output/x.yaml: ConfigMap b (v1) is unexpected"]
    );
}

#[test]
fn a_renamed_document_is_a_change_of_its_name() {
    let renamed = A.replace("name: a", "name: c");
    assert_eq!(
        said(&[("x.yaml", A)], &[("x.yaml", &renamed)]),
        ["output/x.yaml: ConfigMap default/a (v1) differs in 1 place"]
    );
}

#[test]
fn a_renamed_document_may_differ_in_a_little_more_but_not_in_much() {
    let renamed = A.replace("name: a", "name: c").replace("one: x", "one: q");
    let lines = said(
        &[("x.yaml", &format!("{A}  three: x\n  four: x\n"))],
        &[("x.yaml", &format!("{renamed}  three: x\n  four: x\n"))],
    );
    assert_eq!(lines, ["output/x.yaml: ConfigMap default/a (v1) differs in 2 places"]);
    assert_eq!(
        said(&[("x.yaml", A)], &[("x.yaml", B)]),
        [
            "output/x.yaml: ConfigMap default/a (v1) is missing",
            "output/x.yaml: ConfigMap b (v1) is unexpected"
        ]
    );
}

#[test]
fn documents_without_a_name_have_only_moved_if_they_are_equal() {
    assert_eq!(
        said(&[("x.yaml", "a: 1\n")], &[("y.yaml", "a: 1\n")]),
        ["output/x.yaml: document 1 moved from output/x.yaml to output/y.yaml"]
    );
    assert_eq!(
        said(&[("x.yaml", "a: 1\n")], &[("y.yaml", "a: 2\n")]),
        ["output/x.yaml: missing (5 bytes: document 1)", "output/y.yaml: unexpected (5 bytes: document 1)"]
    );
}

#[test]
fn documents_of_one_name_are_matched_by_equality_then_by_position() {
    let changed = A.replace("one: x", "one: changed");
    let third = A.replace("one: x", "one: third");
    let (one, other) = (format!("{A}---\n{changed}"), format!("{changed}---\n{A}"));
    assert!(said(&[("x.yaml", &one)], &[("x.yaml", &other)]).is_empty());
    let other = format!("{third}---\n{A}");
    let (expected, actual) = (folder(&[("x.yaml", &one)]), folder(&[("x.yaml", &other)]));
    let comparison = compared(expected.path(), actual.path(), false);
    let DifferenceKind::ChangedDocument(document) = &comparison.differences[0].kind else {
        panic!("changed")
    };
    assert_eq!((document.expected_index, document.actual_index), (1, 0));
    assert_eq!(comparison.differences.len(), 1);
}

#[test]
fn documents_without_a_name_are_matched_by_equality_then_by_position() {
    assert!(said(&[("x.yaml", "a: 1\n---\nb: 2\n")], &[("x.yaml", "b: 2\n---\na: 1\n")]).is_empty());
    let (expected, actual) =
        (folder(&[("x.yaml", "a: 1\n---\nb: 2\n")]), folder(&[("x.yaml", "b: 2\n---\na: 7\n")]));
    let comparison = compared(expected.path(), actual.path(), false);
    let DifferenceKind::ChangedDocument(document) = &comparison.differences[0].kind else {
        panic!("changed")
    };
    assert_eq!(document.document, DocumentName::Nth(1));
    assert_eq!((document.expected_index, document.actual_index), (0, 1));
}

#[test]
fn a_changed_document_has_texts_in_which_only_the_change_differs() {
    let expected = "kind: Pod\nspec:\n  containers:\n  - {name: a, resources: {limits: {memory: 1Gi}}}\n  - {name: b, image: x}\n";
    let actual = "kind: Pod\nspec:\n  containers:\n  - {name: b, image: q}\n  - {name: a, resources: {limits: {memory: 1024Mi}}}\n";
    let (expected, actual) = (folder(&[("x.yaml", expected)]), folder(&[("x.yaml", actual)]));
    let comparison = compared(expected.path(), actual.path(), false);
    let DifferenceKind::ChangedDocument(document) = &comparison.differences[0].kind else {
        panic!("changed")
    };
    let is_one_sided = |line: &DiffLine| matches!(line.kind, DiffLineKind::Removed | DiffLineKind::Added);
    let changed = unified(&document.expected_text, &document.actual_text, 3).into_iter().filter(is_one_sided);
    assert_eq!(changed.map(|line| line.text).collect::<Vec<_>>(), ["  - image: x", "  - image: q"]);
    assert_eq!(document.expected_text.replace("image: x", "image: q"), document.actual_text);
}

#[test]
fn a_template_is_compared_as_text_and_said_so() {
    let files = |text| folder(&[("x.yaml", text)]);
    let (expected, actual) = (files("a: {{ .Values.a }}\n"), files("a: {{ .Values.b }}\n"));
    let comparison = compared(expected.path(), actual.path(), false);
    assert_eq!(lines(&comparison), ["output/x.yaml: the text differs from line 1 on"]);
    let note = "output/x.yaml Expected: the expected file cannot be read as YAML and is compared as text: \
        invalid map key: a key must be a scalar";
    assert_eq!(notes(&comparison), [note]);
    let comparison = compared(expected.path(), expected.path(), false);
    assert!(comparison.differences.is_empty());
    assert_eq!(notes(&comparison), [note]);
}

#[test]
fn a_file_that_is_no_yaml_where_it_should_be_is_said_in_the_parsers_words() {
    assert_eq!(
        said(&[("x.yaml", A)], &[("x.yaml", "a: 1\n\tb: 2\n")]),
        [
            "output/x.yaml: cannot be read as YAML at line 2, column 1: found a tab character that violates indentation"
        ]
    );
}

#[test]
fn nothing_of_a_secret_is_quoted_from_a_broken_file() {
    let broken = "kind: Secret\ndata: {a: !!int hunter2}\n";
    let (expected, actual) =
        (folder(&[("x.yaml", A), ("y.yaml", broken)]), folder(&[("x.yaml", broken), ("y.yaml", "a")]));
    let comparison = compared(expected.path(), actual.path(), false);
    assert_eq!(comparison.differences.len(), 2);
    assert!(!format!("{comparison:?}").contains("hunter2"), "{comparison:?}");
    let alone = compared(folder(&[]).path(), actual.path(), false);
    assert!(!format!("{alone:?}").contains("hunter2"), "{alone:?}");
}

#[test]
fn a_duplicate_key_is_a_note() {
    let (expected, actual) = (folder(&[("x.yaml", "a: 1\na: 2\n")]), folder(&[("x.yaml", "a: 2\n")]));
    let comparison = compared(expected.path(), actual.path(), false);
    assert!(comparison.differences.is_empty());
    assert_eq!(notes(&comparison), ["output/x.yaml Expected: the key a stands twice; the last one counts"]);
    assert_eq!(notes(&compared(expected.path(), expected.path(), false)).len(), 2);
}

#[test]
fn what_is_nested_too_deep_is_compared_as_text() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let text = |leaf: &str| format!("{}{leaf}{}\n", open.repeat(990), close.repeat(990));
        let (expected, actual) = (folder(&[("x.yaml", &text("1"))]), folder(&[("x.yaml", &text("2"))]));
        let comparison = compared(expected.path(), actual.path(), false);
        assert_eq!(lines(&comparison), ["output/x.yaml: the text differs from line 1 on"]);
        assert!(compared(expected.path(), expected.path(), false).differences.is_empty());
    }
}

#[test]
fn json_is_compared_by_value_even_where_it_is_not_yaml() {
    assert!(said(&[("x.json", "{\"a\":[1,2]}")], &[("x.json", "{\n\t\"a\": [1, 2]\n}\n")]).is_empty());
    let smile = r#"{"a": "\ud83d\ude00"}"#;
    assert!(said(&[("x.json", smile)], &[("x.json", r#"{ "a": "😀" }"#)]).is_empty());
    assert_eq!(said(&[("x.json", smile)], &[("x.json", "{")]).len(), 1);
}

#[test]
fn text_is_compared_by_lines_and_line_ends_are_told_apart() {
    assert_eq!(
        said(&[("x.txt", "a\nb\n")], &[("x.txt", "a\nc\n")]),
        ["output/x.txt: the text differs from line 2 on"]
    );
    assert_eq!(
        said(&[("x.sh", "a\nb\n")], &[("x.sh", "a\r\nb\r\n")]),
        ["output/x.sh: only the line ends differ: expected LF, found CRLF"]
    );
    assert_eq!(
        said(&[("x.txt", "a\n")], &[("x.txt", "a")]),
        ["output/x.txt: the text differs from line 1 on"]
    );
}

#[test]
fn what_is_no_text_is_compared_by_its_bytes() {
    assert_eq!(said(&[("x", "a\0b")], &[("x", "a\0c")]), ["output/x: the 3 bytes differ"]);
    assert_eq!(said(&[("x", "a")], &[("x", "a\0c")]), ["output/x: expected 1 byte, found 3 bytes"]);
}

#[test]
fn exact_means_bytes() {
    let (expected, actual) = (folder(&[("x.yaml", "a: 1\n")]), folder(&[("x.yaml", "a:  1\n")]));
    assert!(lines(&compared(expected.path(), actual.path(), false)).is_empty());
    assert_eq!(
        lines(&compared(expected.path(), actual.path(), true)),
        ["output/x.yaml: the text differs from line 1 on"]
    );
    assert!(lines(&compared(expected.path(), expected.path(), true)).is_empty());
}

#[test]
fn a_large_file_is_compared_without_being_read_as_yaml() {
    let large = format!("a: {}\n", "x".repeat(33 << 20));
    let (expected, actual) =
        (folder(&[("x.yaml", &large)]), folder(&[("x.yaml", &large.replace("a: x", "a:  "))]));
    let comparison = compared(expected.path(), actual.path(), false);
    assert_eq!(lines(&comparison), ["output/x.yaml: the 33.0 MiB differ"]);
    assert_eq!(comparison.notes.len(), 2);
    assert!(compared(expected.path(), expected.path(), false).differences.is_empty());
    let alone = compared(expected.path(), folder(&[]).path(), false);
    let DifferenceKind::Missing(content) = &alone.differences[0].kind else { panic!("missing") };
    assert_eq!(content.shown, Shown::Withheld);
}

#[test]
fn what_is_executable_must_stay_so() {
    let (expected, actual) = (folder(&[("run", "x")]), folder(&[("run", "x")]));
    fs::set_permissions(expected.path().join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        lines(&compared(expected.path(), actual.path(), false)),
        ["output/run: not executable: expected mode 755, found 644"]
    );
    assert!(compared(actual.path(), expected.path(), false).differences.is_empty());
}

#[test]
fn files_that_keep_a_folder_are_not_expected() {
    let kept = [(".gitkeep", ""), ("sub/.gitignore", "*\n")];
    assert!(said(&kept, &[]).is_empty());
    assert!(said(&kept, &kept).is_empty());
    assert_eq!(said(&[], &kept[..1]), ["output/.gitkeep: unexpected (0 bytes)"]);
}

#[test]
fn empty_folders_do_not_count() {
    let (expected, actual) = (folder(&[]), folder(&[]));
    fs::create_dir(actual.path().join("sub")).unwrap();
    assert!(compared(expected.path(), actual.path(), false).differences.is_empty());
}

#[test]
fn a_link_to_a_file_inside_is_read_as_that_file() {
    let (expected, actual) = (folder(&[("a.yaml", A), ("sub/x.yaml", A)]), folder(&[("a.yaml", A)]));
    fs::create_dir(actual.path().join("sub")).unwrap();
    symlink("../a.yaml", actual.path().join("sub/x.yaml")).unwrap();
    assert!(lines(&compared(expected.path(), actual.path(), false)).is_empty());
    assert!(lines(&compared(actual.path(), expected.path(), false)).is_empty());
}

#[test]
fn a_link_that_leads_to_no_file_is_said() {
    let (expected, actual) =
        (folder(&[("a", "x"), ("b", "x"), ("c", "x"), ("d", "x"), ("e", "x")]), folder(&[]));
    fs::create_dir(actual.path().join("sub")).unwrap();
    for (name, target) in
        [("a", "gone"), ("b", "/kratix/output/x"), ("c", "../../x"), ("d", "sub"), ("e", "e")]
    {
        symlink(target, actual.path().join(name)).unwrap();
    }
    assert_eq!(
        lines(&compared(expected.path(), actual.path(), false)),
        [
            "output/a: a link to gone, which is not there",
            "output/b: a link to /kratix/output/x, an absolute path, which is another place where Kratix reads it",
            "output/c: a link to ../../x, which is outside of the folder",
            "output/d: a link to sub, a directory, which Kratix cannot read as a file",
            "output/e: a link to e, which leads back to itself",
        ]
    );
    assert!(compared(actual.path(), actual.path(), false).differences.is_empty());
    let other_side = lines(&compared(actual.path(), folder(&[]).path(), false));
    assert_eq!(
        other_side[0],
        "output/a: the expected file cannot be compared: a link to gone, which is not there"
    );
}

#[test]
fn a_link_fails_in_kratixs_words() {
    use super::super::LinkProblem;
    assert_eq!(
        LinkProblem::Absolute.platform("sub/x"),
        "open /work-creator-files/input/sub/x: no such file or directory"
    );
    assert_eq!(LinkProblem::Directory.platform("x"), "read /work-creator-files/input/x: is a directory");
}

#[test]
fn what_was_not_kept_is_said() {
    let entry = |reason| Entry { kind: EntryKind::Unkept(reason), mode: 0o644, uid: 0, gid: 0 };
    let entries =
        [("a", Unkept::Fifo), ("b\\xff", Unkept::NameNotUtf8), ("c", Unkept::TooLarge { size: 3 << 30 })];
    let entries = entries.into_iter().map(|(path, reason)| (path.to_owned(), entry(reason))).collect();
    let actual = Tree { entries, ..Tree::default() };
    let comparison = compare(&Tree::default(), &actual, &Rules::default()).unwrap();
    assert_eq!(
        lines(&comparison),
        [
            "a: a fifo, which Kratix would wait for without end",
            "b\\xff: the file name is not UTF-8, so the file is not kept",
            "c: 3072.0 MiB are too much to keep",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let (expected, actual) = (folder(&[("x", "a")]), folder(&[("x", "b")]));
    let (expected, tree) = (scan(expected.path()).unwrap(), scan(actual.path()).unwrap());
    fs::remove_file(actual.path().join("x")).unwrap();
    let error = compare(&expected, &tree, &Rules::default()).unwrap_err();
    assert!(error.to_string().starts_with("x cannot be read: "), "{error}");
    let missing = compare(&Tree::default(), &tree, &Rules::default()).unwrap_err();
    assert!(matches!(missing, CompareError::Unreadable { side: Side::Actual, .. }));
}

#[test]
fn the_content_of_an_unexpected_file_can_be_shown_without_its_secrets() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n";
    let actual =
        folder(&[("s.yaml", secret), ("t.yaml", "kind: Secret\na: {{ hunter2 }}\n"), ("u.txt", "hello\n")]);
    let comparison = compared(folder(&[]).path(), actual.path(), false);
    let shown: Vec<&Shown> = comparison
        .differences
        .iter()
        .filter_map(|found| match &found.kind {
            DifferenceKind::Unexpected(content) => Some(&content.shown),
            _ => None,
        })
        .collect();
    let Shown::Documents(documents) = shown[0] else { panic!("documents") };
    assert!(documents[0].text.contains("password: <masked, 7 bytes>"), "{}", documents[0].text);
    assert_eq!(shown[1], &Shown::Withheld);
    assert_eq!(shown[2], &Shown::Text("hello\n".to_owned()));
}

#[test]
fn differences_come_in_the_order_of_the_expected_files() {
    let both = format!("{A}---\n{B}");
    let changed = both.replace("one: x", "one: q").replace("and: more", "and: less");
    assert_eq!(
        said(&[("b.yaml", &both), ("a.txt", "x"), ("c.txt", "x")], &[("b.yaml", &changed), ("d.txt", "x")]),
        [
            "output/a.txt: missing (1 byte)",
            "output/b.yaml: ConfigMap default/a (v1) differs in 1 place",
            "output/b.yaml: ConfigMap b (v1) differs in 1 place",
            "output/c.txt: missing (1 byte)",
            "output/d.txt: unexpected (1 byte)",
        ]
    );
}
