//! What differs of one test, as it is decided: document by document where that can be, else file by file.

use std::collections::BTreeMap;
use std::path::Path;

use super::judgement::{cannot_be_stored, left, part};
use super::test::Plan;
use super::{Stop, judgement};
use crate::compare::{
    self, Around, Difference, DifferenceKind, DocumentText, FileContent, Parts, Shown, TextDifference,
};
use crate::outcome::{Item, Located, TestOutcome, Verdict, What};
use crate::suite::settings::Compare;
use crate::tree::digest::Digest;

/// Everything that is decided of a test that was compared.
pub(super) fn of(plan: &Plan<'_>, outcome: &TestOutcome) -> Result<Vec<Item>, Stop> {
    let mut items: Vec<Item> = Vec::new();
    for differences in groups(plan, outcome)? {
        let of = differences.iter().map(|index| &outcome.differences[*index]);
        let is_refused = of.clone().any(|located| cannot_be_stored(&located.difference));
        let why = "it is what no expectation can hold, or what breaks a rule of the settings";
        let key = key(of);
        let refused = is_refused.then(|| why.to_owned());
        items.push(Item { key, what: What::Differences(differences), refused });
    }
    for folder in judgement::gone(plan) {
        let key = digest(&["gone", &folder.file_name().unwrap_or_default().to_string_lossy()]);
        items.push(Item { key, what: What::Gone(folder), refused: None });
    }
    if items.is_empty() && matches!(outcome.verdict, Verdict::New | Verdict::NotCompared) {
        items.push(Item { key: digest(&["nothing"]), what: What::Nothing, refused: None });
    }
    number(&mut items);
    Ok(items)
}

/// A key that stands twice is of things that are the same.
fn number(items: &mut [Item]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for item in items {
        let count = seen.entry(item.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            item.key = format!("{}-{count}", item.key);
        }
    }
}

/// Differences that are decided together, by their places.
fn groups(plan: &Plan<'_>, outcome: &TestOutcome) -> Result<Vec<Vec<usize>>, Stop> {
    let differences = &outcome.differences;
    if plan.new_test.is_some() {
        // An example becomes a test as a whole, or not at all.
        return Ok(if differences.is_empty() { Vec::new() } else { vec![(0..differences.len()).collect()] });
    }
    let mut groups = Vec::new();
    for files in by_files(differences) {
        match files.len() > 1 && is_apart(plan, outcome, &files)? {
            true => groups.extend(files.into_iter().map(|index| vec![index])),
            false => groups.push(files),
        }
    }
    Ok(groups)
}

/// The differences of each file. Files between which documents have moved are one.
fn by_files(differences: &[Located]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of: BTreeMap<(&Path, &str), usize> = BTreeMap::new();
    for (index, located) in differences.iter().enumerate() {
        let mut files = vec![located.difference.file.as_str()];
        if let DifferenceKind::MovedDocument { to, .. } = &located.difference.kind {
            files.push(to);
        }
        let names: Vec<(&Path, &str)> =
            files.into_iter().map(|file| (located.expected.as_path(), file)).collect();
        let group = names.iter().find_map(|name| group_of.get(name).copied()).unwrap_or(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        for name in names {
            let earlier = group_of.insert(name, group).filter(|earlier| *earlier != group);
            if let Some(earlier) = earlier {
                let joined = std::mem::take(&mut groups[earlier]);
                groups[group].extend(joined);
                for other in group_of.values_mut().filter(|other| **other == earlier) {
                    *other = group;
                }
            }
        }
        groups[group].push(index);
    }
    groups.retain(|indexes| !indexes.is_empty());
    for indexes in &mut groups {
        indexes.sort_unstable();
    }
    groups.sort_unstable();
    groups
}

/// Whether each document of a file can be accepted without the others.
fn is_apart(plan: &Plan<'_>, outcome: &TestOutcome, indexes: &[usize]) -> Result<bool, Stop> {
    let all: Vec<&Located> = indexes.iter().map(|index| &outcome.differences[*index]).collect();
    let parts: Option<Vec<Parts>> = all.iter().map(|located| part(&located.difference)).collect();
    let (Some(parts), Some(first)) = (parts, all.first()) else { return Ok(false) };
    let Difference { file, left: left_file, .. } = &first.difference;
    let Some((folder, path)) = file.split_once('/') else { return Ok(false) };
    if plan.settings.compare() == Compare::Exact {
        return Ok(false);
    }
    let mut all_left = left(plan, outcome).into_iter();
    let Some((pipeline, left)) = all_left.find(|(name, _)| first.is_of(name)) else { return Ok(false) };
    let expectation = plan.expectation.pipeline(pipeline, plan.is_alone())?;
    let left_path = left_file.as_ref().unwrap_or(file).split_once('/').map_or("", |(_, path)| path);
    let texts = (expectation.read(folder)?.read(path), left.folder(folder).read(left_path));
    let (Ok(expected), Ok(actual)) = texts else { return Ok(false) };
    let can_be = |parts: &Parts| {
        let around = Around { name: file, marks: plan.settings.marks(), others: &[], parts: Some(parts) };
        compare::edit_parts(&expected, &actual, &around).is_some()
    };
    Ok(parts.iter().all(can_be))
}

/// What tells differences from others, wherever they stand. It has to be the same when others are settled.
fn key<'l>(differences: impl Iterator<Item = &'l Located>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for Located { pipeline, difference, .. } in differences {
        parts.push(pipeline.clone().unwrap_or_default());
        parts.push(difference.file.clone());
        parts.extend(contents(&difference.kind));
    }
    digest(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn digest(parts: &[&str]) -> String {
    let mut digest = Digest::default();
    for part in parts {
        digest.part(part.as_bytes());
    }
    digest.finish()
}

fn contents(kind: &DifferenceKind) -> Vec<String> {
    let one = |word: &str, rest: String| vec![word.to_owned(), rest];
    match kind {
        DifferenceKind::Missing(content) => file("missing", content),
        DifferenceKind::Unexpected(content) => file("unexpected", content),
        DifferenceKind::MovedDocument { document, from, to } => {
            vec!["moved".to_owned(), document.to_string(), from.clone(), to.clone()]
        }
        DifferenceKind::MissingDocument(DocumentText { text, .. }) => one("missing document", text.clone()),
        DifferenceKind::UnexpectedDocument(DocumentText { text, .. }) => {
            one("unexpected document", text.clone())
        }
        DifferenceKind::ChangedDocument(changed) => {
            vec!["changed".to_owned(), changed.expected_text.clone(), changed.actual_text.clone()]
        }
        DifferenceKind::NotYaml { problem, .. } => one("not YAML", problem.clone()),
        DifferenceKind::Text(TextDifference { lines, .. }) => {
            lines.iter().map(|line| format!("{:?} {}", line.kind, line.text)).collect()
        }
        DifferenceKind::LineEnds { expected, actual } => one("line ends", format!("{expected:?} {actual:?}")),
        DifferenceKind::Binary { expected, actual } => one(&expected.sha256, actual.sha256.clone()),
        DifferenceKind::Mode { expected, actual } => one("mode", format!("{expected:o} {actual:o}")),
        DifferenceKind::NotKept { side, reason } => one("not kept", format!("{side:?} {reason:?}")),
        DifferenceKind::Link { side, target, .. } => one("link", format!("{side:?} {target}")),
    }
}

fn file(word: &str, content: &FileContent) -> Vec<String> {
    let mut parts = vec![word.to_owned(), content.size.to_string()];
    match &content.shown {
        Shown::Documents(documents) => parts.extend(documents.iter().map(|document| document.text.clone())),
        Shown::Text(text) | Shown::Binary(text) => parts.push(text.clone()),
        Shown::Withheld => {}
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Rules;
    use crate::tree;

    fn located(expected: &[(&str, &str)], actual: &[(&str, &str)]) -> Vec<Located> {
        let folder = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().expect("a folder");
            for (path, names) in files {
                let object =
                    |name: char| format!("{{apiVersion: v1, kind: A, metadata: {{name: {name}}}}}\n");
                let text: Vec<String> = names.chars().map(object).collect();
                std::fs::write(folder.path().join(path), text.join("---\n")).expect("a file");
            }
            folder
        };
        let (expected, actual) = (folder(expected), folder(actual));
        let [one, other] = [&expected, &actual].map(|folder| tree::scan(folder.path()).expect("a tree"));
        let found = compare::compare(&one, &other, &Rules::default()).expect("readable");
        let located =
            |difference| Located { expected: expected.path().to_owned(), pipeline: None, difference };
        found.differences.into_iter().map(located).collect()
    }

    #[test]
    fn files_between_which_documents_have_moved_are_decided_together() {
        // y moves from a to b, z from b to c; w is another one than v.
        let differences = located(
            &[("a.yaml", "xy"), ("b.yaml", "tz"), ("c.yaml", "u"), ("d.yaml", "v")],
            &[("a.yaml", "x"), ("b.yaml", "ty"), ("c.yaml", "uz"), ("d.yaml", "w")],
        );
        let groups = by_files(&differences);
        let files = |group: &Vec<usize>| -> Vec<&str> {
            group.iter().map(|index| differences[*index].difference.file.as_str()).collect()
        };
        let named: Vec<Vec<&str>> = groups.iter().map(files).collect();
        assert_eq!(named, [vec!["a.yaml", "b.yaml"], vec!["d.yaml"]]);
    }
}
