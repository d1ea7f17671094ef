//! `workflow-control.yaml`: a pipeline that asks Kratix to suspend the workflow, or to try again later.

use super::catalogue::{KT103, KT109, KT110, KT224};
use super::coerce::to_text;
use super::duration::GoDuration;
use super::finding::{Finding, Writer};
use super::metadata::{Content, MetadataFile};
use super::misread::{Misread, MisreadKind, find_non_finite, first_document, is_field, quoted, sorted};
use super::volumes::METADATA;
use crate::yaml::{Node, Position, Value};

/// What a pipeline asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct WorkflowControl {
    pub(crate) suspend: bool,
    pub(crate) message: String,
    pub(crate) retry_after: String,
    /// Where `retryAfter` is written.
    retry_at: Option<Position>,
}

impl WorkflowControl {
    /// Whether the workflow stops here; a `retryAfter` is enough.
    pub(crate) fn suspends(&self) -> bool {
        self.suspend || !self.retry_after.is_empty()
    }

    /// When to try again, if it asks for that. Only the status-writer looks.
    pub(crate) fn retry(&self, file: &MetadataFile) -> Result<Option<GoDuration>, Finding> {
        if self.retry_after.is_empty() {
            return Ok(None);
        }
        GoDuration::parse(&self.retry_after).map(Some).map_err(|error| {
            let after = quoted(&self.retry_after);
            let text = format!(
                "Error: failed to parse retryAfter duration specified in the workflow-control.yaml file: {after}\n\
                 Error: failed to parse retry duration: {after} with error: {error}"
            );
            let hint = "write a number with one of the units s, m and h, as in `10m` or `24h`; there are no days";
            Finding::new(KT109, text).at(&file.path, self.retry_at).hint(hint)
        })
    }
}

/// Reads the file as one of Kratix's containers does. Without a file, nothing is asked for.
pub(crate) fn read(file: &MetadataFile, writer: Writer) -> Result<WorkflowControl, Finding> {
    let path = quoted(&format!("{METADATA}/workflow-control.yaml"));
    match &file.content {
        Content::Absent => Ok(WorkflowControl::default()),
        Content::Text(text) => decode(text).map_err(|misread| {
            let error =
                format!("failed to unmarshal the workflow control file: {path} with error: {}", misread.text);
            let (code, hint) = match misread.kind {
                MisreadKind::NotYaml => (KT103, "write valid YAML"),
                MisreadKind::WrongType => {
                    (KT110, "write `suspend: true` without quotes, and `message` and `retryAfter` as text")
                }
            };
            Finding::logged(writer, code, &error).at(&file.path, misread.at).hint(hint)
        }),
        Content::Unreachable(error) => Err(file.unreadable(writer, error.errno, &error.to_string())),
        Content::Unreadable(error) => {
            let text = format!("failed to read the workflow control file: {path} with error: {error}");
            Err(file.unreadable(writer, error.errno, &text))
        }
        Content::Special(unkept) => Err(file.special(unkept)),
    }
}

/// What Kratix does with the file without a word, but not as it was meant.
pub(crate) fn remarks(file: &MetadataFile) -> Vec<Finding> {
    let Content::Text(text) = &file.content else { return Vec::new() };
    let Ok(Some(document)) = first_document(text) else { return Vec::new() };
    let mut findings = file.duplicates(&document);
    for (key, entry) in sorted(&document.root) {
        if is_field(key, "message") || is_field(key, "retryAfter") {
            findings.extend(file.surprising_text(&entry.node, text));
        } else if !is_field(key, "suspend") {
            findings.push(file.unknown_key(key, entry.key_at, "`suspend`, `message` and `retryAfter`"));
        }
    }
    findings.extend(decode(text).ok().and_then(|control| negative(file, &control)));
    findings
}

fn negative(file: &MetadataFile, control: &WorkflowControl) -> Option<Finding> {
    GoDuration::parse(&control.retry_after).ok().filter(|duration| duration.is_negative())?;
    let text = format!(
        "Kratix tries again at once, and again: `retryAfter: {}` lies in the past",
        control.retry_after
    );
    Some(Finding::new(KT224, text).at(&file.path, control.retry_at).hint("write a duration without a minus"))
}

fn decode(source: &[u8]) -> Result<WorkflowControl, Misread> {
    let mut control = WorkflowControl::default();
    let Some(document) = first_document(source)? else { return Ok(control) };
    let root = &document.root;
    if let Some(number) = stray_non_finite(root) {
        return Err(Misread::non_finite(number));
    }
    if root.as_map().is_none() {
        return Err(Misread::misfit(root, "Go value of type lib.WorkflowControl"));
    }
    for (key, entry) in sorted(root) {
        let node = &entry.node;
        // A null leaves what an earlier spelling of the key has set.
        if node.is_null() {
            continue;
        }
        if is_field(key, "suspend") {
            control.suspend = node.as_bool().ok_or_else(|| misfit(node, "suspend", "bool"))?;
        } else if is_field(key, "message") {
            control.message = to_text(node, source).ok_or_else(|| misfit(node, "message", "string"))?;
        } else if is_field(key, "retryAfter") {
            control.retry_after =
                to_text(node, source).ok_or_else(|| misfit(node, "retryAfter", "string"))?;
            control.retry_at = Some(node.at);
        }
    }
    Ok(control)
}

fn misfit(node: &Node, field: &str, kind: &str) -> Misread {
    Misread::misfit(node, &format!("Go struct field WorkflowControl.{field} of type {kind}"))
}

/// A number that JSON has not, unless it stands where text is wanted.
fn stray_non_finite(root: &Node) -> Option<&Node> {
    let Some(map) = root.as_map() else { return find_non_finite(root) };
    map.iter().find_map(|(key, entry)| {
        let is_text = is_field(key, "message") || is_field(key, "retryAfter");
        let becomes_text = is_text && matches!(entry.node.value, Value::NonFinite(_));
        find_non_finite(&entry.node).filter(|_| !becomes_text)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::catalogue::{Code, KT116, KT144, KT207, KT221, KT226};
    use super::super::volumes::{Errno, PathError};
    use super::*;
    use crate::tree::Unkept;

    fn file(text: &str) -> MetadataFile {
        MetadataFile::of("workflow-control.yaml", text)
    }

    fn control(text: &str) -> WorkflowControl {
        read(&file(text), Writer::Work).unwrap_or_else(|finding| panic!("{text}: {}", finding.text))
    }

    fn refused(text: &str, writer: Writer) -> Finding {
        read(&file(text), writer).expect_err("a refusal")
    }

    fn codes(text: &str) -> Vec<Code> {
        remarks(&file(text)).iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn vector_31_suspend_suspends() {
        assert!(control("suspend: true").suspends());
        assert!(!control("suspend: false").suspends());
        assert!(!control("message: only").suspends());
    }

    #[test]
    fn vector_32_retry_after_suspends_even_with_suspend_false() {
        assert!(control("retryAfter: 10m").suspends());
        assert!(control("retryAfter: 10m\nsuspend: false").suspends());
    }

    #[test]
    fn vector_42_all_fields_are_read() {
        let text = "retryAfter: 10m\nsuspend: true\nmessage: ananas\n";
        let control = control(text);
        assert_eq!((control.suspend, control.message.as_str()), (true, "ananas"));
        assert_eq!(control.retry(&file(text)), Ok(Some(GoDuration(600_000_000_000))));
    }

    #[test]
    fn vector_42_a_retry_that_is_no_duration_is_refused() {
        let text = "retryAfter: whale";
        let finding = control(text).retry(&file(text)).expect_err("not a duration");
        assert!(finding.text.ends_with(
            "\nError: failed to parse retry duration: \"whale\" with error: time: invalid duration \"whale\""
        ));
    }

    #[test]
    fn vector_57_an_empty_file_asks_for_nothing() {
        for text in ["", "# c", "null", "~"] {
            assert_eq!(control(text), WorkflowControl::default(), "{text}");
        }
    }

    #[test]
    fn a_retry_without_a_unit_or_in_days_is_refused_in_gos_words() {
        for (text, error) in [
            ("retryAfter: 1d", "\"1d\" with error: time: unknown unit \"d\" in duration \"1d\""),
            ("retryAfter: 10", "\"10\" with error: time: missing unit in duration \"10\""),
        ] {
            let finding = control(text).retry(&file(text)).expect_err("not a duration");
            assert_eq!(finding.code, KT109);
            assert!(finding.text.ends_with(&format!("Error: failed to parse retry duration: {error}")));
            assert_eq!(finding.position(), Some(Position { line: 1, column: 13 }));
        }
        for text in ["retryAfter: 0", "retryAfter: 24h", "retryAfter: 1.5h"] {
            assert!(control(text).retry(&file(text)).expect("a duration").is_some(), "{text}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_in_the_words_of_who_reads_it() {
        let into = "failed to unmarshal the workflow control file: \
                    \"/work-creator-files/metadata/workflow-control.yaml\" with error: error unmarshaling JSON: \
                    while decoding JSON: json: cannot unmarshal";
        for (text, rest) in [
            ("suspend: \"true\"", "string into Go struct field WorkflowControl.suspend of type bool"),
            ("suspend: 1", "number into Go struct field WorkflowControl.suspend of type bool"),
            ("message: {}", "object into Go struct field WorkflowControl.message of type string"),
            ("suspend: []\nmessage: []", "array into Go struct field WorkflowControl.message of type string"),
            ("[]", "array into Go value of type lib.WorkflowControl"),
            ("x", "string into Go value of type lib.WorkflowControl"),
        ] {
            let finding = refused(text, Writer::Work);
            let expected = format!("Error: work creator execution failed: {into} {rest}");
            assert_eq!((finding.code, finding.text), (KT110, expected), "{text}");
            assert_eq!(refused(text, Writer::Status).text, format!("Error: {into} {rest}"), "{text}");
        }
        for text in ["suspend: yes", "suspend: true", "suspend: ~", "message: 5", "SUSPEND: on"] {
            assert!(read(&file(text), Writer::Work).is_ok(), "{text}");
        }
    }

    #[test]
    fn broken_yaml_and_numbers_that_json_has_not_are_refused() {
        assert_eq!(refused("a:\n\tb", Writer::Work).code, KT103);
        assert_eq!(refused("suspend: .nan", Writer::Work).code, KT103);
        assert_eq!(control("retryAfter: .nan").retry_after, "NaN");
    }

    #[test]
    fn an_unreadable_file_is_refused() {
        let with = |content| MetadataFile { content, ..file("") };
        let path = "/work-creator-files/metadata/workflow-control.yaml";
        let error = |operation, errno| PathError { operation, path: path.into(), errno };
        let denied = with(Content::Unreadable(error("open", Errno::Denied)));
        let finding = read(&denied, Writer::Status).expect_err("denied");
        assert_eq!(
            (finding.code, finding.text),
            (
                KT116,
                format!(
                    "Error: failed to read the workflow control file: \"{path}\" with error: open {path}: permission denied"
                )
            )
        );
        let lost = with(Content::Unreachable(error("stat", Errno::TooManyLinks)));
        let finding = read(&lost, Writer::Status).expect_err("lost");
        assert_eq!(finding.text, format!("Error: stat {path}: too many levels of symbolic links"));
        let pipe = with(Content::Special(Unkept::Fifo));
        assert_eq!(read(&pipe, Writer::Work).expect_err("a pipe").code, KT221);
    }

    #[test]
    fn what_was_meant_otherwise_is_noticed() {
        assert_eq!(codes("suspnd: true"), [KT226]);
        assert_eq!(codes("message: no"), [KT144]);
        assert_eq!(codes("message: a\nmessage: b"), [KT207]);
        assert_eq!(codes("retryAfter: -10m"), [KT224]);
        assert_eq!(codes("suspend: yes\nmessage: 'no'\nretryAfter: 10m"), []);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let file = MetadataFile { content: Content::Text(bytes), ..file("") };
            let _ = (read(&file, Writer::Work), remarks(&file));
        }

        #[test]
        fn no_control_like_text_makes_the_reader_panic(
            text in "(suspend: |message: |retryAfter: |\\{|\\}|\\[|\\]|yes|~|1e6|10m|\\n| ){0,12}"
        ) {
            let file = file(&text);
            if let Ok(control) = read(&file, Writer::Status) {
                let _ = control.retry(&file);
            }
            let _ = remarks(&file);
        }
    }
}
