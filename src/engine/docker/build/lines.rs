//! Lines of output that comes in pieces.

/// As much of a line as is kept while its end is not there.
const LONGEST: usize = 64 << 10;

/// Output whose last line is not complete yet.
#[derive(Debug, Default)]
pub(in crate::engine::docker) struct Lines {
    begun: String,
}

impl Lines {
    /// Hands over the lines that a piece completes. One without end is handed over in parts.
    pub(in crate::engine::docker) fn read(&mut self, piece: &str, on_line: &mut dyn FnMut(&str)) {
        for part in piece.split_inclusive('\n') {
            self.begun.push_str(part);
            if part.ends_with('\n') || self.begun.len() > LONGEST {
                self.flush(on_line);
            }
        }
    }

    /// Hands over what has no end yet.
    pub(in crate::engine::docker) fn flush(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.begun.is_empty() {
            on_line(self.begun.trim_end_matches(['\n', '\r']));
            self.begun.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&str]) -> Vec<String> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.read(piece, &mut |line| found.push(line.to_owned()));
        }
        lines.flush(&mut |line| found.push(line.to_owned()));
        found
    }

    #[test]
    fn pieces_are_put_together_and_lines_taken_apart() {
        assert_eq!(
            lines(&["Step 1/1 : FROM a", "\n", "b\r\n\nc", "d"]),
            ["Step 1/1 : FROM a", "b", "", "cd"]
        );
    }

    #[test]
    fn a_line_without_end_is_handed_over_in_parts() {
        let piece = "x".repeat(LONGEST);
        assert_eq!(lines(&[&piece, &piece, &piece]).len(), 2);
    }
}
