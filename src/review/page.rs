//! A test's pending results as what is gone through.

use std::path::PathBuf;
use std::rc::Rc;

use super::model::{Entry, How, Part, Spot, Test, Write};
use crate::compare::DifferenceKind;
use crate::outcome::{Item, Kept, Located, State, TestOutcome, What};
use crate::report::difference::pieces;
use crate::report::failure::{self, Style};
use crate::report::paint::Paint;
use crate::report::review::Refused;

/// What is pending of a test with some files marked or edited; if nothing is, that is the error.
pub(super) fn test(kept: Kept, drafted: Vec<Write>, paint: Paint) -> Result<Test, Kept> {
    let entries = match &kept.state {
        State::Absent | State::Settled => return Err(kept),
        State::Pending(outcome) => kept.items.iter().map(|item| entry(item, outcome, paint)).collect(),
        State::Refused { why, hint, outcome } => vec![refused(&kept.name, (why, hint), outcome, paint)],
    };
    Ok(Test { name: kept.name.clone(), entries, drafted, kept: Some(Rc::new(kept)) })
}

fn entry(item: &Item, outcome: &TestOutcome, paint: Paint) -> Entry {
    let hide = |text: &str| outcome.secrets.hide(text).into_owned();
    let entry = Entry { key: item.key.clone(), refused: item.refused.clone(), ..Entry::default() };
    let text = |text: String| vec![Part { text, spot: None }];
    match &item.what {
        What::Nothing => Entry {
            title: "the pipeline left nothing".to_owned(),
            page: text(
                "Nothing was expected of the test so far, and its pipelines left nothing.\n\
                 To accept that is to expect that they leave nothing.\n"
                    .to_owned(),
            ),
            ..entry
        },
        What::Gone(folder) => Entry {
            title: format!("{} is for no pipeline", folder.display()),
            page: text(format!(
                "{}\nThe workflow has no pipeline of this name any more. To accept that is to remove the folder.\n",
                paint.bold(folder.display())
            )),
            writes: vec![Write { file: folder.clone(), how: How::Remove }],
            ..entry
        },
        What::Differences(places) => {
            let all: Vec<(usize, &Located)> =
                places.iter().map(|place| (*place, &outcome.differences[*place])).collect();
            let mut page = Vec::new();
            if let Some(why) = &item.refused {
                page.push(Part { text: paint.red(format!("cannot be accepted: {why}\n")), spot: None });
            }
            for (place, located) in &all {
                page.extend(parts(*place, located, paint));
                let varying = failure::varying_in(outcome, &located.difference.file, paint);
                page.extend(varying.map(|text| Part { text: format!("{text}\n"), spot: None }));
            }
            for part in &mut page {
                part.text = hide(&part.text);
            }
            let mut writes: Vec<Write> = all.iter().flat_map(|(_, located)| writes(located)).collect();
            writes.sort();
            writes.dedup_by(|one, other| one.file == other.file);
            let first = all.first().map(|(_, located)| *located);
            Entry {
                title: hide(&title(&all)),
                page,
                writes,
                file: first.map(|located| located.expected.join(&located.difference.file)),
                ..entry
            }
        }
    }
}

fn title(all: &[(usize, &Located)]) -> String {
    let [(_, first), rest @ ..] = all else { return String::new() };
    let file = &first.difference.file;
    if rest.iter().any(|(_, other)| other.difference.file != *file) {
        return format!("{file} and others");
    }
    match &first.difference.kind {
        DifferenceKind::ChangedDocument(changed) if rest.is_empty() => format!("{file} {}", changed.document),
        DifferenceKind::MissingDocument(text) | DifferenceKind::UnexpectedDocument(text)
            if rest.is_empty() =>
        {
            format!("{file} {}", text.document)
        }
        _ => file.clone(),
    }
}

fn parts(place: usize, located: &Located, paint: Paint) -> Vec<Part> {
    let pieces = pieces(located, paint);
    let mut parts = vec![Part { text: format!("{}\n\n", pieces.title), spot: None }];
    for (change, text) in pieces.changes.into_iter().enumerate() {
        let spot = Some(Spot { difference: place, change });
        parts.push(Part { text: format!("{text}\n"), spot });
    }
    if !pieces.rest.is_empty() {
        parts.push(Part { text: format!("{}\n", pieces.rest), spot: None });
    }
    parts
}

/// What accepting a difference does to files.
fn writes(located: &Located) -> Vec<Write> {
    let at = |file: &str, how| Write { file: located.expected.join(file), how };
    let file = located.difference.file.as_str();
    match &located.difference.kind {
        DifferenceKind::Missing(_) => vec![at(file, How::Remove)],
        DifferenceKind::Unexpected(_) => vec![at(file, How::Create)],
        DifferenceKind::MovedDocument { from, to, .. } => vec![at(from, How::Change), at(to, How::Change)],
        _ => vec![at(file, How::Change)],
    }
}

/// A test that cannot be accepted as it is: it can only be looked at, and dropped.
fn refused(name: &str, (why, hint): (&str, &str), outcome: &TestOutcome, paint: Paint) -> Entry {
    let style = Style { paint, verbose: true, stream: false, accept: String::new() };
    let refusal = Refused { name, why, hint }.to_text(paint);
    let details = failure::render_refused(outcome, &style);
    let text = outcome.secrets.hide(&format!("{refusal}\n{details}")).into_owned();
    Entry {
        title: "cannot be accepted".to_owned(),
        page: vec![Part { text, spot: None }],
        refused: Some(why.to_owned()),
        file: None::<PathBuf>,
        ..Entry::default()
    }
}
