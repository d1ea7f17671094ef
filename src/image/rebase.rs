//! A Dockerfile that builds on other images than it says: those that were built here in their place.

use super::instructions::Base;

/// The text with bases replaced, each with the image that stands in for it.
///
/// The builder is handed this text; the file on disk is the author's.
pub(crate) fn rebase(text: &str, replacements: &[(&Base, &str)]) -> String {
    text.split_inclusive('\n').map(|line| rebase_line(line, replacements)).collect()
}

fn rebase_line(line: &str, replacements: &[(&Base, &str)]) -> String {
    let trimmed = line.trim_start();
    let keyword = trimmed.split_whitespace().next().unwrap_or_default();
    if trimmed.starts_with('#') {
        return line.to_owned();
    }
    let is_from = keyword.eq_ignore_ascii_case("from");
    words(line).map(|word| rebase_word(word, is_from, replacements)).collect()
}

/// A line in words and the white space between them.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let blank = first.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != blank).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

fn rebase_word(word: &str, is_from: bool, replacements: &[(&Base, &str)]) -> String {
    let replacement = |written: &str| {
        replacements.iter().find(|(base, _)| base.written == written).map(|(_, image)| *image)
    };
    if is_from && let Some(image) = replacement(word) {
        return image.to_owned();
    }
    if let Some(image) = word.strip_prefix("--from=").and_then(replacement) {
        return format!("--from={image}");
    }
    let Some(mount) = word.strip_prefix("--mount=") else { return word.to_owned() };
    let part = |part: &str| match part.strip_prefix("from=").and_then(replacement) {
        Some(image) => format!("from={image}"),
        None => part.to_owned(),
    };
    format!("--mount={}", mount.split(',').map(part).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_the_base_is_replaced() {
        let base = |written: &str| Base { written: written.into(), image: "acme/base:1".into() };
        let (plain, variable) = (base("acme/base:1"), base("\"acme/base:$V\""));
        let text = "# FROM acme/base:1\nARG V=1\r\nfrom  --platform=x acme/base:1  AS acme/base\r\nFROM \"acme/base:$V\"\n\
                    COPY --chown=1 --from=acme/base:1 acme/base:1 /\n\
                    RUN --mount=from=acme/base:1,target=/acme/base:1 echo FROM acme/base:1 \\\n  acme/base:1";
        let expected = "# FROM acme/base:1\nARG V=1\r\nfrom  --platform=x ours:2  AS acme/base\r\nFROM ours:2\n\
                    COPY --chown=1 --from=ours:2 acme/base:1 /\n\
                    RUN --mount=from=ours:2,target=/acme/base:1 echo FROM acme/base:1 \\\n  acme/base:1";
        assert_eq!(rebase(text, &[(&plain, "ours:2"), (&variable, "ours:2")]), expected);
    }

    proptest::proptest! {
        #[test]
        fn without_replacements_a_text_stays_as_it_is(text in "(?s).{0,80}") {
            assert_eq!(rebase(&text, &[]), text);
        }
    }
}
