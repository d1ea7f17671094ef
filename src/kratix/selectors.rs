//! `destination-selectors.yaml`: which Destinations the pipeline wants for the output, or for directories of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::catalogue::{KT103, KT111, KT112, KT113, KT114, KT223};
use super::coerce::to_text;
use super::finding::{Finding, Judged, Writer};
use super::metadata::{Content, MetadataFile};
use super::misread::{Misread, MisreadKind, find_non_finite, first_document, is_field, sorted};
use super::volumes::PathError;
use crate::yaml::{Document, Node, Position};

const GO_ENTRY: &str = "WorkflowDestinationSelectors";

/// One entry: labels that a Destination must have to get what is in a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DestinationSelector {
    pub(crate) match_labels: BTreeMap<String, String>,
    /// A name at the top of the output, or `.` for what no other entry names.
    pub(crate) directory: String,
    pub(crate) at: Position,
    /// Where the directory is written, if it is.
    pub(crate) directory_at: Option<Position>,
    /// Where each label is written.
    pub(crate) label_at: BTreeMap<String, Position>,
}

impl DestinationSelector {
    /// Whether it is for the output as a whole.
    pub(crate) fn is_root(&self) -> bool {
        self.directory == "."
    }
}

/// Reads and judges the file as the work-writer does: the first thing that is wrong ends it.
pub(crate) fn read(file: &MetadataFile) -> Judged<Vec<DestinationSelector>> {
    let text = match &file.content {
        Content::Absent => return Judged::accepted(Vec::new(), Vec::new()),
        Content::Text(text) => text,
        Content::Unreachable(error) | Content::Unreadable(error) => {
            // `os.ReadFile` opens whatever `stat` says.
            let error = PathError {
                operation: if error.operation == "stat" { "open" } else { error.operation },
                ..error.clone()
            };
            return Judged::refused(file.unreadable(Writer::Work, error.errno, &error.to_string()));
        }
        Content::Special(unkept) => return Judged::refused(file.special(unkept)),
    };
    let document = match first_document(text) {
        Ok(Some(document)) => document,
        Ok(None) => return Judged::accepted(Vec::new(), Vec::new()),
        Err(misread) => return Judged::refused(invalid(&file.path, &misread)),
    };
    let entries = match decode(&document, text) {
        Ok(entries) => entries,
        Err(misread) => return Judged::refused(invalid(&file.path, &misread)),
    };
    let mut findings = remarks(file, &document, text);
    match refusal(&file.path, &entries) {
        Some(refusal) => {
            findings.insert(0, refusal);
            Judged { value: None, findings }
        }
        None => Judged::accepted(entries, findings),
    }
}

/// Go's `filepath.Clean`: the shortest path that means the same, without looking at any disk.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => drop(names.pop()),
            ".." if rooted => {}
            name => names.push(name),
        }
    }
    match (rooted, names.is_empty()) {
        (true, _) => format!("/{}", names.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => names.join("/"),
    }
}

fn invalid(file: &Path, misread: &Misread) -> Finding {
    let (code, hint) = match misread.kind {
        MisreadKind::NotYaml => (KT103, "write valid YAML"),
        MisreadKind::WrongType => (KT111, "write a list of entries: `- matchLabels: {environment: dev}`"),
    };
    Finding::work_writer(code, &format!("invalid destination-selectors.yaml: {}", misread.text))
        .at(file, misread.at)
        .hint(hint)
}

fn decode(document: &Document, source: &[u8]) -> Result<Vec<DestinationSelector>, Misread> {
    let root = &document.root;
    if let Some(number) = stray_non_finite(root) {
        return Err(Misread::non_finite(number));
    }
    let Some(items) = root.as_list() else {
        return Err(Misread::misfit(root, "Go value of type []v1alpha1.WorkflowDestinationSelectors"));
    };
    // Go decodes every entry and then reports the first misfit.
    items.iter().map(|item| decode_entry(item, source)).collect()
}

/// A number that JSON has not, unless it stands where text is wanted: there it becomes text.
fn stray_non_finite(root: &Node) -> Option<&Node> {
    let Some(items) = root.as_list() else { return find_non_finite(root) };
    items.iter().find_map(|item| match item.as_map() {
        Some(map) => map.iter().find_map(|(key, entry)| {
            let labels = entry.node.as_map().filter(|_| is_field(key, "matchLabels"));
            match labels {
                _ if is_field(key, "directory") => nested_non_finite(&entry.node),
                Some(labels) => labels.values().find_map(|label| nested_non_finite(&label.node)),
                None => find_non_finite(&entry.node),
            }
        }),
        None => find_non_finite(item),
    })
}

/// The same below a place where text is wanted.
fn nested_non_finite(node: &Node) -> Option<&Node> {
    find_non_finite(node).filter(|found| !std::ptr::eq(*found, node))
}

fn decode_entry(item: &Node, source: &[u8]) -> Result<DestinationSelector, Misread> {
    let mut entry =
        DestinationSelector { directory: ".".to_owned(), at: item.at, ..DestinationSelector::default() };
    if item.is_null() {
        return Ok(entry);
    }
    if item.as_map().is_none() {
        return Err(Misread::misfit(item, &format!("Go value of type v1alpha1.{GO_ENTRY}")));
    }
    for (key, value) in sorted(item) {
        if is_field(key, "directory") {
            let into = format!("Go struct field {GO_ENTRY}.directory of type string");
            let directory =
                to_text(&value.node, source).ok_or_else(|| Misread::misfit(&value.node, &into))?;
            // A null leaves what an earlier spelling of the key has set.
            if !value.node.is_null() {
                entry.directory = clean(&directory);
                entry.directory_at = Some(value.node.at);
            }
        } else if is_field(key, "matchLabels") {
            decode_labels(&mut entry, &value.node, source)?;
        }
    }
    Ok(entry)
}

fn decode_labels(entry: &mut DestinationSelector, labels: &Node, source: &[u8]) -> Result<(), Misread> {
    let into = |kind: &str| format!("Go struct field {GO_ENTRY}.matchLabels of type {kind}");
    if labels.is_null() {
        entry.match_labels.clear();
        entry.label_at.clear();
        return Ok(());
    }
    if labels.as_map().is_none() {
        return Err(Misread::misfit(labels, &into("map[string]string")));
    }
    for (key, label) in sorted(labels) {
        let text = to_text(&label.node, source);
        let text = text.ok_or_else(|| Misread::misfit(&label.node, &into("string")))?;
        entry.match_labels.insert(key.to_owned(), text);
        entry.label_at.insert(key.to_owned(), label.key_at);
    }
    Ok(())
}

/// The checks of the work-writer, in its order.
fn refusal(file: &Path, entries: &[DestinationSelector]) -> Option<Finding> {
    no_labels(file, entries)
        .or_else(|| duplicate(file, entries))
        .or_else(|| sub_directory(file, entries))
        .or_else(|| outside(file, entries))
}

fn no_labels(file: &Path, entries: &[DestinationSelector]) -> Option<Finding> {
    let (index, entry) = entries.iter().enumerate().find(|(_, entry)| entry.match_labels.is_empty())?;
    let text = format!("invalid destination-selectors.yaml: entry with index {index} has no selectors");
    let hint = "give the entry at least one label under `matchLabels:`, spelt like that";
    Some(Finding::work_writer(KT112, &text).at(file, Some(entry.at)).hint(hint))
}

fn duplicate(file: &Path, entries: &[DestinationSelector]) -> Option<Finding> {
    let mut seen = BTreeSet::new();
    let second = entries.iter().find(|entry| !seen.insert(&entry.directory))?;
    let text = format!("duplicate entries in destination-selectors.yaml: \n{}", go_list(entries));
    let hint = if second.is_root() {
        "put all labels for the root into one entry, or give this one a `directory:`".to_owned()
    } else {
        format!("put all labels for {} into one entry", second.directory)
    };
    Some(Finding::work_writer(KT113, &text).at(file, Some(second.at)).hint(hint))
}

fn sub_directory(file: &Path, entries: &[DestinationSelector]) -> Option<Finding> {
    let entry = entries.iter().find(|entry| entry.directory != "/" && entry.directory.contains('/'))?;
    let text = format!(
        "invalid directory in destination-selectors.yaml: {}, sub-directories are not allowed",
        entry.directory
    );
    let hint = "name a directory at the top of /kratix/output, and put the files there";
    Some(Finding::work_writer(KT114, &text).at(file, entry.directory_at).hint(hint))
}

/// The two directories that Kratix's check lets through by mistake.
fn outside(file: &Path, entries: &[DestinationSelector]) -> Option<Finding> {
    let entry = entries.iter().find(|entry| matches!(entry.directory.as_str(), "/" | ".."))?;
    let what = if entry.directory == "/" {
        "schedules everything in /kratix/output a second time"
    } else {
        "schedules what is beside /kratix/output: the metadata and Kratix's own files"
    };
    let text = format!("Kratix accepts the directory `{}` and {what}", entry.directory);
    let hint = "leave `directory:` out to mean all of /kratix/output";
    Some(Finding::new(KT223, text).at(file, entry.directory_at).hint(hint))
}

/// Go's `%v` of the entries.
fn go_list(entries: &[DestinationSelector]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|entry| {
            let mut text = String::from("{map[");
            for (index, (key, value)) in entry.match_labels.iter().enumerate() {
                let space = if index == 0 { "" } else { " " };
                write!(text, "{space}{key}:{value}").expect("writing to a string cannot fail");
            }
            text + &format!("] {}}}", entry.directory)
        })
        .collect();
    format!("[{}]", entries.join(" "))
}

/// What Kratix reads without a word, but not as it was meant.
fn remarks(file: &MetadataFile, document: &Document, source: &[u8]) -> Vec<Finding> {
    let mut findings = file.duplicates(document);
    let items = document.root.as_list().unwrap_or_default();
    for (key, entry) in items.iter().flat_map(sorted) {
        if is_field(key, "directory") {
            findings.extend(file.surprising_text(&entry.node, source));
        } else if is_field(key, "matchLabels") {
            for (key, label) in sorted(&entry.node) {
                findings.extend(file.surprising_key(key, label.key_at, source));
                findings.extend(file.surprising_text(&label.node, source));
            }
        } else {
            findings.push(file.unknown_key(key, entry.key_at, "`matchLabels` and `directory`"));
        }
    }
    findings.sort_by_key(Finding::position);
    findings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::catalogue::{Code, KT116, KT144, KT207, KT226};
    use super::super::volumes::Errno;
    use super::*;

    fn judge(text: &str) -> Judged<Vec<DestinationSelector>> {
        read(&MetadataFile::of("destination-selectors.yaml", text))
    }

    fn accepted(text: &str) -> Vec<(String, String)> {
        let entries = judge(text).value.unwrap_or_else(|| panic!("{text} is refused"));
        let labels = |entry: &DestinationSelector| {
            let pairs: Vec<String> =
                entry.match_labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            pairs.join(",")
        };
        entries.iter().map(|entry| (entry.directory.clone(), labels(entry))).collect()
    }

    fn refused(text: &str) -> (Code, String) {
        let judged = judge(text);
        assert_eq!(judged.value, None, "{text}");
        let finding = &judged.findings[0];
        let words = finding.text.strip_prefix("Error: work creator execution failed: ");
        (finding.code, words.unwrap_or(&finding.text).to_owned())
    }

    fn codes(text: &str) -> Vec<Code> {
        judge(text).findings.iter().map(|finding| finding.code).collect()
    }

    fn place(text: &str, code: Code) -> (usize, usize) {
        let judged = judge(text);
        let finding = judged.findings.iter().find(|finding| finding.code == code).expect("the finding");
        let at = finding.at.as_ref().and_then(|place| place.position).expect("a position");
        (at.line, at.column)
    }

    fn pair(directory: &str, labels: &str) -> (String, String) {
        (directory.into(), labels.into())
    }

    #[test]
    fn vector_23_one_entry_is_read() {
        assert_eq!(accepted(r#"[{"matchLabels":{"env": "dev"}}]"#), [pair(".", "env=dev")]);
    }

    #[test]
    fn vector_24_a_map_is_refused() {
        let (code, text) = refused("invalid-key: invalid-value");
        assert_eq!(code, KT111);
        assert_eq!(
            text,
            "invalid destination-selectors.yaml: error unmarshaling JSON: while decoding JSON: json: cannot \
             unmarshal object into Go value of type []v1alpha1.WorkflowDestinationSelectors"
        );
    }

    #[test]
    fn vector_25_an_entry_without_labels_is_refused() {
        let text = "- matchLabels: {env: dev}\n- {matchLabels: null, env: prod}\n";
        let expected = "invalid destination-selectors.yaml: entry with index 1 has no selectors";
        assert_eq!(refused(text), (KT112, expected.into()));
        assert_eq!(place(text, KT112), (2, 3));
    }

    #[test]
    fn vector_26_two_entries_for_a_directory_are_refused() {
        for text in [
            "- {matchLabels: {a: b}, directory: baz/}\n- {matchLabels: {a: c}, directory: baz/}",
            "- {matchLabels: {a: b}, directory: foo/}\n- {matchLabels: {a: c}, directory: foo}",
            "- matchLabels: {a: b}\n- matchLabels: {a: c}",
        ] {
            let (code, words) = refused(text);
            assert_eq!(code, KT113);
            assert!(words.starts_with("duplicate entries in destination-selectors.yaml"), "{words}");
        }
        assert_eq!(accepted("- {matchLabels: {a: b}, directory: foo}\n- matchLabels: {a: c}").len(), 2);
    }

    #[test]
    fn vector_27_a_sub_directory_is_refused() {
        let text = "- matchLabels: {a: b}\n  directory: foo/bar\n";
        let expected =
            "invalid directory in destination-selectors.yaml: foo/bar, sub-directories are not allowed";
        assert_eq!(refused(text), (KT114, expected.into()));
        assert_eq!(place(text, KT114), (2, 14));
    }

    #[test]
    fn vector_55_values_are_read_as_yaml_1_1() {
        for (written, read) in [
            ("yes", "true"),
            ("no", "false"),
            ("on", "true"),
            ("y", "true"),
            ("1.10", "1.1"),
            ("010", "8"),
            ("", ""),
        ] {
            let text = format!("- matchLabels: {{env: {written} }}");
            assert_eq!(accepted(&text), [pair(".", &format!("env={read}"))], "{written}");
            let expected: &[Code] = if written.is_empty() { &[] } else { &[KT144] };
            assert_eq!(codes(&text), expected, "{written}");
        }
    }

    #[test]
    fn vector_56_directories_are_cleaned() {
        let read = |directory: &str| judge(&format!("- {{matchLabels: {{a: b}}, directory: '{directory}'}}"));
        for (written, cleaned) in
            [("./foo", "foo"), ("foo//", "foo"), ("foo/../bar", "bar"), ("", "."), (" ", " "), ("...", "...")]
        {
            assert_eq!(read(written).value.expect("accepted")[0].directory, cleaned, "{written}");
        }
        for (written, code) in [("/", KT223), ("..", KT223), ("/foo", KT114), ("../foo", KT114)] {
            let judged = read(written);
            assert_eq!((judged.value, judged.findings[0].code), (None, code), "{written}");
        }
    }

    #[test]
    fn vector_57_an_empty_file_is_no_selectors() {
        for text in ["", "# nothing", "null", "---\n---\n- {matchLabels: {a: b}}"] {
            assert_eq!(accepted(text), [], "{text}");
        }
    }

    #[test]
    fn vector_60_the_message_on_duplicates_ends_with_the_whole_list() {
        let text =
            "- {directory: foo/, matchLabels: {b: x, a: y}}\n- {directory: foo, matchLabels: {env: x}}";
        let expected =
            "duplicate entries in destination-selectors.yaml: \n[{map[a:true b:x] foo} {map[env:x] foo}]";
        assert_eq!(refused(text), (KT113, expected.into()));
    }

    #[test]
    fn every_misfit_is_named_as_go_names_it() {
        let entry = "Go value of type v1alpha1.WorkflowDestinationSelectors";
        let list = "Go value of type []v1alpha1.WorkflowDestinationSelectors";
        let labels = "Go struct field WorkflowDestinationSelectors.matchLabels of type";
        let directory = "Go struct field WorkflowDestinationSelectors.directory of type string";
        for (text, found, into) in [
            ("foo", "string", list.to_owned()),
            ("1", "number", list.to_owned()),
            ("yes", "bool", list.to_owned()),
            ("- foo", "string", entry.to_owned()),
            ("- [a]", "array", entry.to_owned()),
            ("- matchLabels: [a]", "array", format!("{labels} map[string]string")),
            ("- matchLabels: yes", "bool", format!("{labels} map[string]string")),
            ("- matchLabels: {a: {b: 1}}", "object", format!("{labels} string")),
            ("- {matchLabels: {a: {}}, directory: []}", "array", directory.to_owned()),
        ] {
            let (code, words) = refused(text);
            let expected = format!(
                "invalid destination-selectors.yaml: error unmarshaling JSON: while decoding JSON: json: cannot \
                 unmarshal {found} into {into}"
            );
            assert_eq!((code, words), (KT111, expected), "{text}");
        }
    }

    #[test]
    fn numbers_that_json_has_not_are_text_or_an_error() {
        assert_eq!(accepted("- matchLabels: {a: .inf, b: .nan}"), [pair(".", "a=+Inf,b=NaN")]);
        for text in ["- .nan", "- {matchLabels: {a: b}, other: .nan}", "- matchLabels: {a: [.nan]}"] {
            let expected = "invalid destination-selectors.yaml: error converting YAML to JSON: json: unsupported value: NaN";
            assert_eq!(refused(text), (KT103, expected.into()), "{text}");
        }
    }

    #[test]
    fn broken_yaml_is_refused_in_the_readers_words() {
        let text = "- a:\n\tb: 1\n";
        let expected = "invalid destination-selectors.yaml: error converting YAML to JSON: yaml: line 2: found \
                        character that cannot start any token";
        assert_eq!(refused(text), (KT103, expected.into()));
        assert_eq!(place(text, KT103), (2, 1));
    }

    #[test]
    fn keys_are_found_whatever_their_case_and_are_merged() {
        assert_eq!(
            accepted("- MATCHLABELS: {a: b, c: d}\n  matchLabels: {a: x}\n  DIRECTORY: foo"),
            [pair("foo", "a=x,c=d")]
        );
        assert_eq!(refused("- MATCHLABELS: {a: b}\n  matchLabels: ~").0, KT112);
    }

    #[test]
    fn a_wrong_key_is_noticed() {
        let text = "- matchLabels: {a: b}\n  dir: foo\n";
        assert_eq!(accepted(text), [pair(".", "a=b")]);
        assert_eq!((codes(text), place(text, KT226)), (vec![KT226], (2, 3)));
        assert_eq!(codes("- matchLabels: {a: b}\n  directory: foo"), []);
        assert_eq!(codes("- matchLabel: {a: b}"), [KT112, KT226]);
    }

    #[test]
    fn a_key_that_stands_twice_is_noticed() {
        let text = "- matchLabels: {a: b, a: c}";
        assert_eq!((accepted(text), codes(text)), (vec![pair(".", "a=c")], vec![KT207]));
    }

    #[test]
    fn a_label_that_is_read_differently_is_noticed_and_a_quoted_one_is_not() {
        let text = "- matchLabels:\n    version: 1.10\n    y: x\n";
        assert_eq!((codes(text), place(text, KT144)), (vec![KT144, KT144], (2, 14)));
        assert_eq!(codes("- matchLabels: {version: '1.10', 'y': x, n1: 1}"), []);
    }

    #[test]
    fn an_unreadable_file_is_refused() {
        let path = "/work-creator-files/metadata/destination-selectors.yaml";
        let error = PathError { operation: "open", path: path.into(), errno: Errno::Denied };
        let judged = read(&MetadataFile { path: "x".into(), content: Content::Unreadable(error) });
        let expected = format!("Error: work creator execution failed: open {path}: permission denied");
        assert_eq!((judged.findings[0].code, judged.findings[0].text.as_str()), (KT116, expected.as_str()));
    }

    #[test]
    fn a_null_entry_has_no_labels() {
        for text in ["- ~", "- {}", "- directory: foo"] {
            assert_eq!(refused(text).0, KT112, "{text}");
        }
    }

    /// The rules of `filepath.Clean` as Go's documentation has them, one step after another until none applies.
    fn clean_slowly(path: &str) -> String {
        let mut path = path.to_owned();
        while let Some(next) = step(&path) {
            path = next;
        }
        if path.is_empty() { ".".to_owned() } else { path }
    }

    fn step(path: &str) -> Option<String> {
        if path.contains("//") {
            return Some(path.replacen("//", "/", 1));
        }
        let names: Vec<&str> = path.split('/').collect();
        let without = |at: std::ops::Range<usize>| {
            let mut names = names.clone();
            names.drain(at);
            let rest = names.join("/");
            if path.starts_with('/') && !rest.starts_with('/') { format!("/{rest}") } else { rest }
        };
        if let Some(index) = names.iter().position(|name| *name == ".") {
            return Some(without(index..index + 1));
        }
        if path.starts_with("/..") && names[1] == ".." {
            return Some(without(1..2));
        }
        let pair = names.windows(2).position(|two| !matches!(two[0], "" | "..") && two[1] == "..");
        if let Some(index) = pair {
            return Some(without(index..index + 2));
        }
        (path.len() > 1 && path.ends_with('/')).then(|| path[..path.len() - 1].to_owned())
    }

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, cleaned) in [
            ("", "."),
            (".", "."),
            ("./", "."),
            ("foo/..", "."),
            ("foo/", "foo"),
            ("//", "/"),
            ("/..", "/"),
            ("/../a", "/a"),
            ("a/b/../../..", ".."),
            ("../..", "../.."),
            ("a//b/./c/..", "a/b"),
            ("foo ", "foo "),
            (".hidden", ".hidden"),
            (".//.//a", "a"),
        ] {
            assert_eq!(clean(path), cleaned, "{path:?}");
            assert_eq!(clean_slowly(path), cleaned, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_follows_the_rules(path in "(/|\\.|\\.\\.|a|b| ){0,9}") {
            let cleaned = clean(&path);
            prop_assert_eq!(&cleaned, &clean_slowly(&path));
            prop_assert_eq!(&clean(&cleaned), &cleaned);
            prop_assert_eq!(cleaned.starts_with('/'), path.starts_with('/'));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&MetadataFile { path: "x".into(), content: Content::Text(bytes) });
        }

        #[test]
        fn no_selector_like_text_makes_the_reader_panic(
            text in "(- |matchLabels: |directory: |\\{|\\}|\\[|\\]|a|: |, |\n|  |~|&x |\\*x|/|\\.\\.|\"|'|1e6|yes|!!str ){0,20}"
        ) {
            let judged = judge(&text);
            prop_assert!(judged.value.is_some() || !judged.findings.is_empty());
        }
    }
}
