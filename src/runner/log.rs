//! What a stage prints: all of it in a file, the last of it in memory, lines as they come.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use crate::outcome::Log;
use crate::secrets::Secrets;

/// The most that is kept of one stage's output.
const MAX_KEPT: u64 = 16 * 1024 * 1024;
/// The lines that are held for showing.
const TAIL_LINES: usize = 50;
/// A longer line is told in pieces.
const MAX_LINE: usize = 4 * 1024;

/// Takes a stage's output as it comes, and hides what is never shown.
pub(super) struct Recorder<'a> {
    secrets: &'a Secrets,
    path: PathBuf,
    file: Option<File>,
    written: u64,
    partial: Vec<u8>,
    tail: VecDeque<String>,
    lines: usize,
}

impl<'a> Recorder<'a> {
    /// Without a file that can be made, the tail is still there.
    pub(super) fn new(path: PathBuf, secrets: &'a Secrets) -> Self {
        let file = File::create(&path).ok();
        Self { secrets, path, file, written: 0, partial: Vec::new(), tail: VecDeque::new(), lines: 0 }
    }

    /// Takes a piece of output and tells the lines that it completes.
    pub(super) fn take(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) {
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line(on_line);
                self.keep(b"\n");
                continue;
            }
            if self.partial.len() == MAX_LINE + self.secrets.longest() {
                let rest = self.partial.split_off(self.secrets.cut(&self.partial));
                self.end_line(on_line);
                self.partial = rest;
            }
            self.partial.push(*byte);
        }
    }

    /// Tells what is left of the last line.
    pub(super) fn finish(mut self, on_line: &mut dyn FnMut(&str)) -> Log {
        if !self.partial.is_empty() {
            self.end_line(on_line);
        }
        let cut = self.written > MAX_KEPT;
        if let Some(file) = self.file.as_mut().filter(|_| cut) {
            // The log is a courtesy: that it was cut is also said in the report.
            let _ = write!(file, "\n[kratix-test keeps the first 16 MiB of a stage's output]\n");
        }
        let earlier = self.lines - self.tail.len();
        let tail = self.tail.into_iter().collect::<Vec<_>>().join("\n");
        Log { path: self.path, tail, earlier, size: self.written, cut }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = usize::try_from(MAX_KEPT.saturating_sub(self.written)).unwrap_or(usize::MAX);
        if let Some(file) = &mut self.file
            && file.write_all(&bytes[..bytes.len().min(room)]).is_err()
        {
            self.file = None;
        }
        self.written += bytes.len() as u64;
    }

    fn end_line(&mut self, on_line: &mut dyn FnMut(&str)) {
        let partial = std::mem::take(&mut self.partial);
        let hidden = self.secrets.hide_bytes(&partial);
        self.keep(&hidden);
        let line = printable(&hidden);
        on_line(&line);
        if self.tail.len() == TAIL_LINES {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
        self.lines += 1;
    }
}

/// A line as it may go to a terminal: no control characters, so that a stage cannot move our cursor.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain = console_codes_removed(text.trim_end_matches('\r'));
    plain.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Without the escape sequences that colour a line.
fn console_codes_removed(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            plain.push(c);
        } else if chars.next_if_eq(&'[').is_some() {
            // A sequence ends with a letter; its parameters are digits and punctuation.
            while chars.next_if(|c| !('\u{40}'..='\u{7e}').contains(c)).is_some() {}
            chars.next();
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(pieces: &[&[u8]]) -> (Log, Vec<String>) {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = Secrets::default();
        let mut recorder = Recorder::new(folder.path().join("log"), &secrets);
        let mut lines = Vec::new();
        for piece in pieces {
            recorder.take(piece, &mut |line| lines.push(line.to_owned()));
        }
        (recorder.finish(&mut |line| lines.push(line.to_owned())), lines)
    }

    #[test]
    fn lines_are_told_whole_however_they_come() {
        let (log, lines) = record(&[b"a\nb", b"c\n", b"\xff last"]);
        assert_eq!(lines, ["a", "bc", "\u{fffd} last"]);
        assert_eq!((log.tail.as_str(), log.earlier), ("a\nbc\n\u{fffd} last", 0));
    }

    #[test]
    fn only_the_last_lines_are_held() {
        let text: String = (0..60).map(|line| format!("{line}\n")).collect();
        let (log, _) = record(&[text.as_bytes()]);
        assert_eq!(log.earlier, 10);
        assert!(log.tail.starts_with("10\n") && log.tail.ends_with("\n59"));
    }

    #[test]
    fn a_line_without_an_end_is_told_in_pieces() {
        let (_, lines) = record(&[&[b'x'; 10_000]]);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [4096, 4096, 1808]);
    }

    #[test]
    fn a_secret_is_in_no_line_and_not_in_the_file() {
        let secrets = Secrets::new(std::iter::once(b"hunter2".as_slice()));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let mut recorder = Recorder::new(path.clone(), &secrets);
        let mut lines = Vec::new();
        // Also where a line that never ends is cut.
        for filling in [0, MAX_LINE - 3, MAX_LINE + 5, MAX_LINE + 10] {
            recorder.take(&vec![b'x'; filling], &mut |line| lines.push(line.to_owned()));
            recorder.take(b"hunter2", &mut |line| lines.push(line.to_owned()));
            recorder.take(&vec![b'x'; MAX_LINE], &mut |line| lines.push(line.to_owned()));
            recorder.take(b"\n", &mut |line| lines.push(line.to_owned()));
        }
        recorder.finish(&mut |line| lines.push(line.to_owned()));
        let file = std::fs::read_to_string(path).expect("a log");
        assert!(!lines.concat().contains("hunter2") && !file.contains("hunter2"), "{lines:?}");
        assert_eq!((lines.concat().matches("<masked>").count(), file.matches("<masked>").count()), (4, 4));
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        let (log, _) = record(&[b"\x1b[31mred\x1b[0m \x1b[2J\x07bell\r\n"]);
        assert_eq!(log.tail, "red \u{fffd}bell");
    }
}
