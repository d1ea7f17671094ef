//! What is on the screen: a state and a size → lines.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::keys::{ALL, Shown, line};
use super::model::{Decision, Entry, How, Part, Spot};
use super::state::{Mode, State};
use crate::report::fit::{cut, width, wrap};
use crate::report::paint::Paint;
use crate::report::words::Count;

/// Lines that are not the body's: two above, two below.
const AROUND: usize = 4;
/// Fewer lines than this have no room for an empty one.
const ROOMY: usize = 16;

/// All lines of the screen, none of which is wider than it.
pub(super) fn screen(state: &State, paint: Paint) -> Vec<String> {
    let (columns, rows) = state.size;
    let body = body(state, paint);
    let mut lines = head(state, paint);
    if rows >= ROOMY {
        lines.push(String::new());
    }
    let shown = body.lines.iter().skip(state.scroll).take(height(state)).cloned();
    lines.extend(shown);
    lines.resize(rows.saturating_sub(2), String::new());
    lines.push(message(state, body.lines.len(), paint));
    lines.push(keys(state.shown(), columns, paint));
    lines.truncate(rows);
    lines.iter().map(|line| cut(line, columns)).collect()
}

/// How many lines of the body fit.
pub(super) fn height(state: &State) -> usize {
    let rows = state.size.1;
    rows.saturating_sub(AROUND + usize::from(rows >= ROOMY)).max(1)
}

/// How many lines the body has.
pub(super) fn length(state: &State) -> usize {
    body(state, Paint { on: false }).lines.len()
}

/// From which line of the body to which the value stands that we are at.
pub(super) fn place_of_spot(state: &State) -> Option<(usize, usize)> {
    body(state, Paint { on: false }).spot
}

#[derive(Default)]
struct Body {
    lines: Vec<String>,
    spot: Option<(usize, usize)>,
}

fn body(state: &State, paint: Paint) -> Body {
    let columns = state.size.0;
    let plain = |text: String| Body { lines: wrapped(&text, columns), spot: None };
    match state.shown() {
        Shown::Help => plain(help(columns, paint)),
        Shown::Last => plain(last(state, paint)),
        Shown::Item | Shown::Marking => match state.view.entry() {
            Some(entry) => page(entry, state.view.spot(), columns, paint),
            None => Body::default(),
        },
    }
}

/// The page of an entry, with a sign where we are.
fn page(entry: &Entry, here: Option<Spot>, columns: usize, paint: Paint) -> Body {
    let mut body = Body::default();
    for Part { text, spot } in &entry.page {
        let start = body.lines.len();
        let mut lines = wrapped(text, columns);
        if spot.is_some() && *spot == here {
            body.spot = Some((start, start + lines.len()));
            let rest = lines.first().and_then(|first| first.strip_prefix("  ")).map(str::to_owned);
            if let Some(rest) = rest {
                lines[0] = format!("{} {rest}", paint.reverse(">"));
            }
        }
        body.lines.extend(lines);
    }
    body
}

fn wrapped(text: &str, columns: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrap(line, columns)).collect()
}

fn head(state: &State, paint: Paint) -> Vec<String> {
    let columns = state.size.0;
    let view = &state.view;
    if state.help {
        return vec![paint.bold("Keys"), String::new()];
    }
    if matches!(state.mode, Mode::Last) {
        return vec![paint.bold("Everything is decided"), paint.dim(counts(state))];
    }
    let all = view.all();
    let number = all.iter().position(|at| *at == view.at()).map_or(0, |index| index + 1);
    let place = format!("{number}/{}", all.len());
    let name = view.test().map(|test| test.name.as_str()).unwrap_or_default();
    let name = cut(name, columns.saturating_sub(place.len() + 2));
    let space = columns.saturating_sub(width(&name) + place.len());
    let word = match (view.decision(view.at()), view.entry().and_then(|entry| entry.refused.as_ref())) {
        (Some(Decision::Accept), _) => paint.green("accepted"),
        (Some(Decision::Reject), _) => paint.red("rejected"),
        (Some(Decision::Skip), _) => paint.yellow("skipped"),
        (None, Some(_)) => paint.red("cannot be accepted"),
        (None, None) => "pending".to_owned(),
    };
    let title = format!("{}{}{}", paint.bold(name), " ".repeat(space), paint.dim(place));
    vec![title, format!("{word}{}", paint.dim(format!("   {}", counts(state))))]
}

fn counts(state: &State) -> String {
    let view = &state.view;
    let words = [
        (Some(Decision::Accept), "accepted"),
        (Some(Decision::Reject), "rejected"),
        (Some(Decision::Skip), "skipped"),
        (None, "to decide"),
    ];
    let counts = words.map(|(decision, word)| (view.count(decision), word));
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    counts.join(", ")
}

fn message(state: &State, length: usize, paint: Paint) -> String {
    let columns = state.size.0;
    if let (Mode::Marking { proposals, chosen, .. }, false) = (&state.mode, state.help) {
        let which = format!(" ({}/{})", chosen + 1, proposals.len());
        let mark = cut(&proposals[*chosen].to_string(), columns.saturating_sub(which.len() + 8));
        return format!("mark as {}{}", paint.yellow(mark), paint.dim(which));
    }
    let height = height(state);
    let end = (state.scroll + height).min(length);
    let place = match length > height {
        true => format!("lines {}-{end} of {length}", state.scroll + 1),
        false => String::new(),
    };
    let message = state.message.clone().unwrap_or_default();
    let message = cut(&message, columns.saturating_sub(place.len() + 1));
    let space = columns.saturating_sub(width(&message) + place.len());
    format!("{}{}{}", paint.cyan(message), " ".repeat(space), paint.dim(place))
}

fn keys(shown: Shown, columns: usize, paint: Paint) -> String {
    let one = |(key, does): &(&str, &str)| match does.is_empty() {
        true => paint.bold(key),
        false => format!("{} {does}", paint.bold(key)),
    };
    line(shown, columns).iter().map(one).collect::<Vec<_>>().join("  ")
}

fn help(columns: usize, paint: Paint) -> String {
    let widest = ALL.iter().map(|(keys, _)| width(keys)).max().unwrap_or_default();
    let line = |(keys, does): &(&str, &str)| {
        let space = " ".repeat(widest - width(keys));
        match widest + 2 + width(does) <= columns {
            true => format!("{}{space}  {does}\n", paint.bold(keys)),
            false => format!("{}\n  {does}\n", paint.bold(keys)),
        }
    };
    let marks = "\nNothing is written before the end: not what you accept, mark or edit.\n";
    ALL.iter().map(line).collect::<String>() + marks
}

/// What will be written, test by test, and what becomes of the rest.
fn last(state: &State, paint: Paint) -> String {
    let view = &state.view;
    let mut text = String::new();
    for (index, test) in view.tests.iter().enumerate() {
        let mut files: BTreeMap<PathBuf, How> = BTreeMap::new();
        files.extend(test.drafted.iter().map(|write| (write.file.clone(), write.how)));
        let at = |entry: usize| view.decision((index, entry));
        let entries = || test.entries.iter().enumerate();
        for (_, entry) in entries().filter(|(entry, _)| at(*entry) == Some(Decision::Accept)) {
            files.extend(entry.writes.iter().map(|write| (write.file.clone(), write.how)));
        }
        let rest: String = entries().filter_map(|(number, entry)| kept(entry, at(number), paint)).collect();
        if files.is_empty() && rest.is_empty() {
            continue;
        }
        text.push_str(&format!("{}\n", paint.bold(&test.name)));
        for (file, how) in files {
            let word = match how {
                How::Create => paint.green("create"),
                How::Change => paint.yellow("change"),
                How::Remove => paint.red("remove"),
            };
            text.push_str(&format!("  {word}  {}\n", file.display()));
        }
        text.push_str(&rest);
        text.push('\n');
    }
    let skipped = view.count(Some(Decision::Skip));
    if skipped > 0 {
        text.push_str(&paint.dim(format!("{} stay pending.\n", Count(skipped, "skipped item"))));
    }
    text
}

fn kept(entry: &Entry, decision: Option<Decision>, paint: Paint) -> Option<String> {
    (decision == Some(Decision::Reject)).then(|| format!("  {}  {}\n", paint.red("reject"), entry.title))
}
