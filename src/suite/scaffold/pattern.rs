//! Texts that match a pattern: short ones, made of letters where there is a choice, and always the same.

use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind, Look};

use crate::kratix::schema::pattern_here;

/// The characters that a class gives, the first that it has.
const LIKED: &str = "abcdefghijklmnopqrstuvwxyz123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0-_./ ";

/// How often a part that may be repeated stands in the longest of the texts that are tried.
const MAX_MORE: usize = 64;

/// The longest text that is made.
const MAX_LENGTH: usize = 4096;

/// Texts that should match a pattern of an API, shorter ones first; none if it cannot be read. Each `nth` is another text
/// where the pattern leaves a choice.
pub(super) fn texts(pattern: &str, nth: usize) -> impl Iterator<Item = String> {
    let hir = regex_syntax::parse(&pattern_here(pattern)).ok();
    let lengths = (0..8).chain([12, 16, 24, 32, 48, MAX_MORE]);
    let text = move |more: usize| {
        let mut text = String::new();
        write(hir.as_ref()?, more, nth, &mut text)?;
        Some(text)
    };
    lengths.filter_map(text)
}

/// Every text that a pattern is about, if it names a few words: `^(small|large)$`.
pub(super) fn words(pattern: &str, most: usize) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(&pattern_here(pattern)).ok()?;
    let words = every(&hir, most)?;
    let is_word = |word: &String| word.starts_with(|c: char| c.is_alphanumeric());
    (words.len() > 1 && words.iter().all(is_word)).then_some(words)
}

fn write(hir: &Hir, more: usize, nth: usize, text: &mut String) -> Option<()> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(one_of(class, nth)?),
        HirKind::Capture(capture) => write(&capture.sub, more, nth, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, more, nth, text))?,
        HirKind::Alternation(parts) => write(&parts[nth % parts.len()], more, nth, text)?,
        HirKind::Repetition(repetition) => {
            let least = repetition.min as usize;
            let times = (least + more).min(repetition.max.map_or(usize::MAX, |max| max as usize));
            (0..times).try_for_each(|_| write(&repetition.sub, more, nth, text))?;
        }
    }
    Some(())
}

/// A character of a class: one that people write, if it has any.
fn one_of(class: &Class, nth: usize) -> Option<char> {
    let has = |c: char| match class {
        Class::Unicode(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&c)),
        Class::Bytes(class) => u8::try_from(c)
            .is_ok_and(|byte| class.iter().any(|range| (range.start()..=range.end()).contains(&byte))),
    };
    let liked: Vec<char> = LIKED.chars().filter(|c| has(*c)).collect();
    if !liked.is_empty() {
        return Some(liked[nth % liked.len()]);
    }
    match class {
        Class::Unicode(class) => class.iter().next().map(ClassUnicodeRange::start),
        Class::Bytes(class) => class.iter().next().map(|range| char::from(range.start())),
    }
}

/// Every text that matches, if there are no more than so many.
fn every(hir: &Hir, most: usize) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(Look::Start | Look::End) => Some(vec![String::new()]),
        HirKind::Literal(literal) => Some(vec![String::from_utf8(literal.0.to_vec()).ok()?]),
        HirKind::Class(Class::Unicode(class)) => {
            let count: usize = class.iter().map(ClassUnicodeRange::len).sum();
            let chars = class.iter().flat_map(|range| range.start()..=range.end());
            (count <= most).then(|| chars.map(String::from).collect())
        }
        HirKind::Capture(capture) => every(&capture.sub, most),
        HirKind::Concat(parts) => {
            let mut texts = vec![String::new()];
            for part in parts {
                let endings = every(part, most)?;
                texts = texts
                    .iter()
                    .flat_map(|text| endings.iter().map(move |end| format!("{text}{end}")))
                    .collect();
                if texts.len() > most {
                    return None;
                }
            }
            Some(texts)
        }
        HirKind::Alternation(parts) => {
            let mut texts = Vec::new();
            for part in parts {
                texts.extend(every(part, most)?);
                if texts.len() > most {
                    return None;
                }
            }
            Some(texts)
        }
        HirKind::Repetition(repetition) if repetition.max == Some(1) => {
            let mut texts = every(&repetition.sub, most)?;
            if repetition.min == 0 {
                texts.push(String::new());
            }
            Some(texts)
        }
        HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) | HirKind::Repetition(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(pattern: &str, nth: usize) -> String {
        texts(pattern, nth).next().expect(pattern)
    }

    #[test]
    fn a_text_is_short_and_of_letters_where_there_is_a_choice() {
        let table = [
            ("^[a-z]([-a-z0-9]*[a-z0-9])?$", "a"),
            (r"^\d+\.\d+$", "1.1"),
            (r"^v\d{2}$", "v11"),
            ("^(small|large)$", "small"),
            ("^arn:aws:[^:]+:x$", "arn:aws:a:x"),
            ("^[^a-z]$", "1"),
            ("^[αβ]{2}$", "αα"),
            ("^[0-9]+(Gi|Mi)$", "1Gi"),
            ("", ""),
        ];
        for (pattern, text) in table {
            assert_eq!(first(pattern, 0), text, "{pattern}");
        }
        assert_eq!(texts("(?!a)", 0).next(), None);
    }

    #[test]
    fn texts_grow_and_differ() {
        let lengths: Vec<usize> = texts("^[a-z]{3,5}$", 0).map(|text| text.len()).take(4).collect();
        assert_eq!(lengths, [3, 4, 5, 5]);
        assert_eq!((first("^x[a-z]$", 0), first("^x[a-z]$", 1)), ("xa".to_owned(), "xb".to_owned()));
        assert_eq!(first("^(small|large)$", 1), "large");
        // However deep repetitions are nested, a text stays short.
        assert!(texts("(((a{0,99}){0,99}){0,99}){0,99}", 0).all(|text| text.len() <= 2 * MAX_LENGTH));
    }

    #[test]
    fn a_plain_alternation_names_words() {
        let words = |pattern: &str| words(pattern, 12).unwrap_or_default();
        assert_eq!(words("^(small|medium|large)$"), ["small", "medium", "large"]);
        assert_eq!(words("^(?:v1|v2)$"), ["v1", "v2"]);
        assert_eq!(words("^(dev|prod)(-eu)?$").len(), 4);
        for none in ["^[a-z]$", "^small$", "^a*$", "^-?$", "(", r"\bx|y\b"] {
            assert!(words(none).is_empty(), "{none}");
        }
    }
}
