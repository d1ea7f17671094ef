//! A Dockerfile as instructions: continued lines joined, comments and here-documents left out.

/// One instruction.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line of the file that it begins on, from 1.
    pub(super) number: usize,
    /// In upper case.
    pub(super) keyword: String,
    pub(super) rest: String,
}

/// The escape character that the file chooses, and its instructions.
pub(super) fn read(text: &str) -> (char, Vec<Line>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let escape = escape(text);
    let mut physical = text.lines().zip(1..).map(|(line, number)| (number, line));
    let mut lines = Vec::new();
    while let Some((number, logical)) = next(&mut physical, escape) {
        let logical = logical.trim();
        let (keyword, rest) = logical.split_once(char::is_whitespace).unwrap_or((logical, ""));
        let line = Line { number, keyword: keyword.to_ascii_uppercase(), rest: rest.trim().to_owned() };
        if matches!(line.keyword.as_str(), "RUN" | "COPY" | "ADD") {
            skip_heredocs(&line.rest, &mut physical);
        }
        lines.push(line);
    }
    (escape, lines)
}

/// The value of `# escape=`, which only counts among the directives at the very top.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.trim_start().strip_prefix('#').and_then(|line| line.split_once('='))
        else {
            break;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "escape" => return if value.trim() == "`" { '`' } else { '\\' },
            "syntax" | "check" => {}
            _ => break,
        }
    }
    '\\'
}

/// The next instruction with the lines that continue it.
fn next<'a>(physical: &mut impl Iterator<Item = (usize, &'a str)>, escape: char) -> Option<(usize, String)> {
    let mut logical: Option<(usize, String)> = None;
    for (number, line) in physical {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (_, joined) = logical.get_or_insert_with(|| (number, String::new()));
        let Some(part) = continued(line, escape) else {
            joined.push_str(line);
            break;
        };
        joined.push_str(part);
    }
    logical
}

/// The line without the escape character that continues it; two of them in a row do not.
fn continued(line: &str, escape: char) -> Option<&str> {
    let part = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!part.ends_with(escape)).then_some(part)
}

/// Passes over the bodies of the here-documents that an instruction opens. One that is never closed is none.
fn skip_heredocs<'a>(rest: &str, physical: &mut (impl Iterator<Item = (usize, &'a str)> + Clone)) {
    for (tabs, end) in rest.split_whitespace().filter_map(heredoc) {
        let mut ahead = physical.clone();
        let closed = ahead.any(|(_, line)| end == if tabs { line.trim_start_matches('\t') } else { line });
        if closed {
            *physical = ahead;
        }
    }
}

/// Whether leading tabs do not count, and the line that ends the here-document that a word opens.
pub(super) fn heredoc(word: &str) -> Option<(bool, &str)> {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (tabs, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
    let end = ['"', '\'']
        .iter()
        .find_map(|&quote| word.strip_prefix(quote)?.split_once(quote).map(|(end, _)| end))
        .unwrap_or(word);
    (!end.is_empty() && !end.contains('<')).then_some((tabs, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        read(text).1.into_iter().map(|line| format!("{} {}", line.keyword, line.rest)).collect()
    }

    #[test]
    fn continued_lines_are_one_instruction() {
        let text = "\u{feff}# note\r\nfrom a\r\nCOPY x \\\r\n  # in between\r\n\r\n  y \\ \t\n /z\nRUN echo \\\\\nUSER 1";
        assert_eq!(lines(text), ["FROM a", "COPY x   y  /z", "RUN echo \\\\", "USER 1"]);
    }

    #[test]
    fn the_escape_directive_counts_at_the_top_only() {
        let text = "# syntax=docker/dockerfile:1\n# escape=`\nCOPY a `\n b /c\\\nUSER 1";
        assert_eq!(lines(text), ["COPY a  b /c\\", "USER 1"]);
        assert_eq!(read("# a comment\n# escape=`\n").0, '\\');
        assert_eq!(read("FROM a\n# escape=`\n").0, '\\');
    }

    #[test]
    fn the_body_of_a_here_document_is_no_instruction() {
        let text = "RUN <<EOF cat <<-'END'\nCOPY no /no\nEOF\nFROM no\n\tEND\nCOPY <<\"A\" /a\nADD no /no\nA\nUSER 1";
        assert_eq!(lines(text), ["RUN <<EOF cat <<-'END'", "COPY <<\"A\" /a", "USER 1"]);
    }

    #[test]
    fn a_here_document_without_end_swallows_nothing() {
        assert_eq!(lines("RUN echo '<<EOF'\nCOPY a /a"), ["RUN echo '<<EOF'", "COPY a /a"]);
        assert_eq!(heredoc("<<<word"), None);
        assert_eq!(heredoc("<<"), None);
    }

    #[test]
    fn a_continuation_at_the_end_of_the_file_ends_there() {
        assert_eq!(lines("COPY a \\"), ["COPY a"]);
        assert_eq!(lines("\\"), [" "]);
    }
}
