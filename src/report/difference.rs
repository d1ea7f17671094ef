//! One difference as text: the file and the object, each path with both values, then a unified diff.

use std::fmt::Write as _;

use super::inline;
use super::paint::Paint;
use super::words::{Bytes, Count};
use crate::compare::{
    CONTEXT, Change, ChangeKind, ChangedDocument, DiffLine, DiffLineKind, DifferenceKind, DocumentText,
    FileContent, LineEnd, LinkProblem, Note, NoteKind, Shown, Side, TextDifference, unified,
};
use crate::outcome::Located;
use crate::tree::Unkept;
use crate::yaml::{Node, Position, emit_node};

/// The lines around a difference for those who ask for more.
const MORE_CONTEXT: usize = 12;
/// The most lines of one document's difference, for those who do not.
const SCREEN: usize = 40;

/// What differs, and how.
pub(crate) fn render(located: &Located, paint: Paint, verbose: bool) -> String {
    let (what, body) = describe(located, paint, verbose);
    let mut text = format!("{} {what}", paint.bold(file(located)));
    if !body.is_empty() {
        let _ = write!(text, "\n{}", body.trim_end());
    }
    text
}

/// A file that was left where there is no expectation to compare it with.
pub(crate) fn render_left(located: &Located, paint: Paint) -> String {
    match &located.difference.kind {
        DifferenceKind::Unexpected(content) => {
            let size = paint.dim(format!("({})", Bytes(content.size)));
            format!("{} {size}\n{}", paint.bold(file(located)), shown(content, paint)).trim_end().to_owned()
        }
        _ => render(located, paint, true),
    }
}

/// A difference in pieces, of which nothing is left out.
pub(crate) struct Pieces {
    pub(crate) title: String,
    /// Of a document: each path with both values.
    pub(crate) changes: Vec<String>,
    /// All else that there is to see.
    pub(crate) rest: String,
}

/// The pieces of a difference, for those who look at one at a time.
pub(crate) fn pieces(located: &Located, paint: Paint) -> Pieces {
    let title = |what: &str| format!("{} {what}", paint.bold(file(located)));
    match &located.difference.kind {
        DifferenceKind::ChangedDocument(changed) => Pieces {
            title: title(&changed.document.to_string()),
            changes: changed.changes.iter().map(|one| self::change(located, one, paint)).collect(),
            rest: diff_lines(&unified(&changed.expected_text, &changed.actual_text, MORE_CONTEXT), paint),
        },
        _ => {
            let (what, rest) = describe(located, paint, true);
            Pieces { title: title(&what), changes: Vec::new(), rest }
        }
    }
}

/// What the author should know, although it makes no difference.
pub(crate) fn note(note: &Note) -> String {
    let side = if note.side == Side::Expected { "the expected" } else { "the" };
    let at = note.at.map_or_else(String::new, |at| format!(", line {}", at.line));
    match &note.kind {
        NoteKind::NotYaml { problem } => {
            format!("{side} {}{at} is not valid YAML ({problem}), so it is compared as text", note.file)
        }
        NoteKind::DuplicateKey { key } => {
            format!("{side} {}{at} has the key `{}` twice; the last counts", note.file, printable(key))
        }
        NoteKind::TooLargeToRead { size } => {
            format!("{side} {} ({}) is too large to be compared but byte by byte", note.file, Bytes(*size))
        }
    }
}

/// The file, with its pipeline where there are several.
fn file(located: &Located) -> String {
    match &located.pipeline {
        Some(pipeline) => format!("{pipeline}: {}", located.difference.file),
        None => located.difference.file.clone(),
    }
}

fn describe(located: &Located, paint: Paint, verbose: bool) -> (String, String) {
    let none = String::new();
    match &located.difference.kind {
        DifferenceKind::Missing(content) => {
            (format!("is missing{}", summary(content)), fold(content, paint, verbose))
        }
        DifferenceKind::Unexpected(content) => {
            (format!("was not expected{}", summary(content)), fold(content, paint, verbose))
        }
        DifferenceKind::MovedDocument { document, from, to } => {
            (format!("{document} moved from {from} to {to}"), none)
        }
        DifferenceKind::MissingDocument(document) => (
            format!("{} is missing {}", document.document, place(located, document.at, paint)),
            document_fold(document, paint, verbose),
        ),
        DifferenceKind::UnexpectedDocument(document) => {
            (format!("{} was not expected", document.document), document_fold(document, paint, verbose))
        }
        DifferenceKind::ChangedDocument(changed) => {
            (changed.document.to_string(), changes(located, changed, paint, verbose))
        }
        DifferenceKind::NotYaml { problem, at } => {
            let at = at.map_or_else(String::new, |at| format!(" at line {}, column {}", at.line, at.column));
            (format!("is not valid YAML{at}: {problem}"), none)
        }
        DifferenceKind::Text(text) => {
            (format!("differs {}", place(located, text.at, paint)), lines(text, paint))
        }
        DifferenceKind::LineEnds { expected, actual } => {
            let message = format!(
                "has the same lines, which end with {}, and {} is expected",
                end(*actual),
                end(*expected)
            );
            (message, none)
        }
        DifferenceKind::Binary { expected, actual } => {
            let print = |size, sha: &str| format!("{}, sha256 {}", Bytes(size), sha.get(..12).unwrap_or(sha));
            let body =
                values(&print(expected.size, &expected.sha256), &print(actual.size, &actual.sha256), paint);
            ("differs".to_owned(), body)
        }
        DifferenceKind::Mode { expected, actual } => {
            (format!("should be executable: its mode is {actual:o}, and {expected:o} is expected"), none)
        }
        DifferenceKind::NotKept { reason, .. } => (not_kept(reason), none),
        DifferenceKind::Link { side, target, problem } => {
            (link(&located.difference.file, *side, target, *problem), none)
        }
    }
}

/// The expected file and line, for the editor.
fn place(located: &Located, at: Position, paint: Paint) -> String {
    let path = located.expected.join(&located.difference.file);
    paint.dim(format!("{}:{}", path.display(), at.line))
}

fn summary(content: &FileContent) -> String {
    match &content.shown {
        Shown::Documents(documents) if documents.len() == 1 => format!(": {}", documents[0].document),
        Shown::Documents(documents) => format!(": {}", Count(documents.len(), "document")),
        _ => format!(": {}", Bytes(content.size)),
    }
}

/// A file's content on demand; otherwise the names of its documents, where there are several.
fn fold(content: &FileContent, paint: Paint, verbose: bool) -> String {
    match &content.shown {
        _ if verbose => shown(content, paint),
        Shown::Documents(documents) if documents.len() > 1 => {
            documents.iter().map(|document| format!("  {}\n", document.document)).collect()
        }
        _ => String::new(),
    }
}

fn document_fold(document: &DocumentText, paint: Paint, verbose: bool) -> String {
    if verbose { block(&document.text, paint) } else { String::new() }
}

fn shown(content: &FileContent, paint: Paint) -> String {
    match &content.shown {
        Shown::Documents(documents) => {
            let texts: Vec<String> = documents.iter().map(|document| block(&document.text, paint)).collect();
            texts.join(&format!("  {}\n", paint.dim("---")))
        }
        Shown::Text(text) => block(text, paint),
        Shown::Binary(sha256) => format!("  {}\n", paint.dim(format!("not a text, sha256 {sha256}"))),
        Shown::Withheld => format!("  {}\n", paint.dim("not shown")),
    }
}

fn block(text: &str, _: Paint) -> String {
    text.lines().map(|line| format!("  {}\n", printable(line))).collect()
}

fn changes(located: &Located, changed: &ChangedDocument, paint: Paint, verbose: bool) -> String {
    let mut text = String::new();
    for change in &changed.changes {
        let _ = write!(text, "\n{}", self::change(located, change, paint));
    }
    let context = if verbose { MORE_CONTEXT } else { CONTEXT };
    let diff = unified(&changed.expected_text, &changed.actual_text, context);
    let shown = if verbose { diff.len() } else { diff.len().min(SCREEN) };
    let _ = write!(text, "\n{}", diff_lines(&diff[..shown], paint));
    if shown < diff.len() {
        let more = format!("{} with --verbose", Count(diff.len() - shown, "more line"));
        let _ = writeln!(text, "  {}", paint.dim(more));
    }
    text
}

/// A path with both values.
fn change(located: &Located, change: &Change, paint: Paint) -> String {
    let head = format!("  {}  {}\n", path(change, paint), place(located, change.at, paint));
    head + &change_values(change, paint)
}

fn path(change: &Change, paint: Paint) -> String {
    let path = if change.path.is_root() { "the document".to_owned() } else { change.path.to_string() };
    let within = change.within.as_ref().map(|within| format!(" → {within}")).unwrap_or_default();
    paint.yellow(format!("{path}{within}"))
}

fn change_values(change: &Change, paint: Paint) -> String {
    let value = |node: Option<&Node>| node.map_or_else(|| "(nothing)".to_owned(), written);
    let (expected, actual) = match (&change.expected, &change.actual) {
        (Some(expected), Some(actual)) if is_long(expected) && is_long(actual) => {
            (lines_of(expected), lines_of(actual))
        }
        (expected, actual) => (value(expected.as_ref()), value(actual.as_ref())),
    };
    if let Some(why) = &change.why {
        let rule = change.rule.as_ref().map(|rule| format!("  {}:{}", rule.file.display(), rule.at.line));
        let rule = paint.dim(rule.unwrap_or_default());
        return format!("{}    {why}{rule}\n", values(&expected, &actual, paint));
    }
    match change.kind {
        ChangeKind::TypeChanged { expected: from, actual: to } => {
            values(&format!("{expected}  ({from})"), &format!("{actual}  ({to})"), paint)
        }
        ChangeKind::Reordered => format!("    reordered\n{}", values(&expected, &actual, paint)),
        ChangeKind::Changed | ChangeKind::Missing | ChangeKind::Unexpected => {
            values(&expected, &actual, paint)
        }
    }
}

/// Whether a text has more lines than are shown twice: the difference below shows those that differ.
fn is_long(node: &Node) -> bool {
    node.as_str().is_some_and(|text| text.lines().count() > 1)
}

fn lines_of(node: &Node) -> String {
    format!("({})", Count(node.as_str().unwrap_or_default().lines().count(), "line"))
}

/// A value as YAML: on its line, or below it.
fn written(node: &Node) -> String {
    let text = emit_node(node);
    match text.trim_end().lines().count() {
        0 | 1 => text.trim_end().to_owned(),
        _ => text.trim_end().lines().fold(String::new(), |text, line| format!("{text}\n        {line}")),
    }
}

fn values(expected: &str, actual: &str, paint: Paint) -> String {
    let (expected, actual) = (printable(expected), printable(actual));
    let (one, other) = inline::highlighted(&expected, &actual, paint);
    format!("    expected  {one}\n    actual    {other}\n")
}

fn lines(text: &TextDifference, paint: Paint) -> String {
    if text.lines.is_empty() {
        format!("  {}\n", paint.dim("not shown"))
    } else {
        diff_lines(&text.lines, paint)
    }
}

fn diff_lines(lines: &[DiffLine], paint: Paint) -> String {
    lines.iter().map(|line| format!("  {}\n", diff_line(line, paint))).collect()
}

/// A line of a unified diff.
pub(crate) fn diff_line(line: &DiffLine, paint: Paint) -> String {
    let text = printable(&line.text);
    match line.kind {
        DiffLineKind::Hunk => paint.cyan(text),
        DiffLineKind::Equal => format!(" {text}"),
        DiffLineKind::Removed => paint.red(format!("-{text}")),
        DiffLineKind::Added => paint.green(format!("+{text}")),
        DiffLineKind::NoEnd => paint.dim(format!("\\ {text}")),
    }
}

/// Without control characters, so that a stage cannot move our cursor.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}

fn end(end: LineEnd) -> &'static str {
    match end {
        LineEnd::Lf => "LF",
        LineEnd::CrLf => "CR LF",
        LineEnd::Mixed => "now LF, now CR LF",
    }
}

fn not_kept(reason: &Unkept) -> String {
    match reason {
        Unkept::Fifo => "is a fifo: Kratix would wait for ever to read it".to_owned(),
        Unkept::Socket => "is a socket, which Kratix cannot read".to_owned(),
        Unkept::Device => "is a device, which Kratix cannot schedule".to_owned(),
        Unkept::NameNotUtf8 => "has a name that is not UTF-8, which Kratix cannot schedule".to_owned(),
        Unkept::TooLarge { size } => {
            format!(
                "is too large ({}): Kratix stores all of a pipeline's output in one object of at most 1.5 MiB",
                Bytes(*size)
            )
        }
    }
}

fn link(file: &str, side: Side, target: &str, problem: LinkProblem) -> String {
    let side = if side == Side::Expected { " (the expected file)" } else { "" };
    let what = match file.strip_prefix("output/") {
        // Into the metadata it would lead for Kratix, too, and nowhere else.
        Some(_) if problem == LinkProblem::Outside => {
            "it leads out of its folder, where nothing is compared: write the file itself".to_owned()
        }
        Some(path) => format!("Kratix fails with `{}`", printable(&problem.platform(path))),
        // What Kratix reads of metadata, and how a link fails there, is for findings to say.
        None => "there is no such file where Kratix reads it".to_owned(),
    };
    format!("links to {}{side}; {what}", printable(target))
}
