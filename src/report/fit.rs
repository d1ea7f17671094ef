//! Coloured text in the columns that there are.

use console::AnsiCodeIterator;

/// Where a tab leads to.
const TAB: usize = 8;

/// The columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// As much of a text as fits; that there is more is said by a `…`.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    console::truncate_str(text, columns, "…").into_owned()
}

/// A line as several, none of which is wider, broken behind a space where there is one not far from the end. Colours go on
/// where it is broken.
pub(crate) fn wrap(line: &str, columns: usize) -> Vec<String> {
    let mut wrapping = Wrapping { columns: columns.max(1), ..Wrapping::default() };
    for (piece, is_code) in AnsiCodeIterator::new(line) {
        match is_code {
            true => wrapping.code(piece),
            false => piece.chars().for_each(|c| wrapping.char(c)),
        }
    }
    wrapping.lines.push(wrapping.line);
    wrapping.lines
}

#[derive(Default)]
struct Wrapping {
    columns: usize,
    lines: Vec<String>,
    line: String,
    at: usize,
    /// The codes since the last that ended them all.
    open: String,
    /// Behind the last space: where in the line, at which column, and the codes that were open there.
    space: Option<(usize, usize, String)>,
}

impl Wrapping {
    fn code(&mut self, code: &str) {
        match code {
            "\u{1b}[0m" => self.open.clear(),
            code => self.open.push_str(code),
        }
        self.line.push_str(code);
    }

    fn char(&mut self, c: char) {
        if c == '\t' {
            // A terminal would move on without painting over what was there.
            let to = TAB - self.at % TAB;
            return (0..to).for_each(|_| self.char(' '));
        }
        let takes = width(c.encode_utf8(&mut [0; 4]));
        if self.at + takes > self.columns && self.at > 0 {
            self.end_line();
        }
        self.line.push(c);
        self.at += takes;
        if c == ' ' {
            self.space = Some((self.line.len(), self.at, self.open.clone()));
        }
    }

    fn end_line(&mut self) {
        let here = (self.line.len(), self.at, self.open.clone());
        let near = self.space.take().filter(|(_, at, _)| at * 2 > self.columns);
        let (end, at, open) = near.unwrap_or(here);
        let rest = self.line.split_off(end);
        let reset = if open.is_empty() { "" } else { "\u{1b}[0m" };
        let line = std::mem::replace(&mut self.line, open + &rest) + reset;
        self.lines.push(line);
        self.at -= at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_line_is_lost_and_its_colour_goes_on() {
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("abcdefghi", 4), ["abcd", "efgh", "i"]);
        assert_eq!(wrap("a\tb", 10), ["a       b"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        let red = wrap("\u{1b}[31mabcdef\u{1b}[0mgh", 4);
        assert_eq!(red, ["\u{1b}[31mabcd\u{1b}[0m", "\u{1b}[31mef\u{1b}[0mgh"]);
        assert_eq!(wrap("ab cde f", 5), ["ab ", "cde f"]);
        assert_eq!(wrap("a bcdefgh", 5), ["a bcd", "efgh"]);
        for line in red {
            assert!(width(&line) <= 4);
        }
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
