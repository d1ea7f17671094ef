//! A value as text, for the place where it is to stand.

use indexmap::IndexMap;

use crate::yaml::{Entry, Form, Layout, Node, Position, Style, Value, emit_node};

use super::{Editor, Impossible, is_flow};

/// The place of a value: behind a key or a dash.
pub(super) struct Slot {
    /// In brackets.
    pub(super) flow: bool,
    /// Behind a dash.
    pub(super) item: bool,
    /// Of the key or the dash.
    pub(super) column: usize,
    /// Where the colon or the dash ends.
    pub(super) after: usize,
}

impl Slot {
    /// The place of a document's root, which is behind nothing.
    pub(super) fn root() -> Self {
        Self { flow: false, item: false, column: 0, after: 0 }
    }
}

impl Editor<'_> {
    /// Puts a value in the place of another.
    pub(super) fn write(&mut self, node: &Node, old: &Layout, slot: &Slot) -> Result<(), Impossible> {
        if slot.after == 0 {
            return Err(Impossible);
        }
        let space = if old.bytes.is_empty() { " " } else { "" };
        if let Some(text) = self.in_its_style(node, old) {
            self.change(old.bytes.clone(), format!("{space}{text}"));
            return Ok(());
        }
        if slot.flow {
            self.change(old.bytes.clone(), format!("{space}{}", flow(node)));
            return Ok(());
        }
        let written = if slot.item { item(node) } else { entry("k", node) };
        let written = indented(
            written.strip_prefix(if slot.item { "-" } else { "k:" }).ok_or(Impossible)?,
            slot.column,
        );
        let (head, rest) =
            written.trim_end_matches('\n').split_once('\n').unwrap_or((written.trim_end(), ""));
        let between = self.text.get(slot.after..old.bytes.start).ok_or(Impossible)?;
        let is_inline = !between.contains('\n')
            && !self.is_ended(old)
            && (is_flow(old) || matches!(old.form, Form::Scalar(_)));
        if rest.is_empty() && is_inline {
            self.change(old.bytes.clone(), format!("{space}{}", head.trim_start()));
            return Ok(());
        }
        let comment = if is_inline {
            self.text[old.bytes.end..].lines().next().unwrap_or_default()
        } else {
            between.lines().next().unwrap_or_default()
        };
        let comment = comment.trim();
        let comment = if comment.starts_with('#') { format!(" {comment}") } else { String::new() };
        // Lines that a text keeps at its end are part of it.
        let tail = &written[head.len()..];
        let end = self.line_after(old);
        let tail = if tail.ends_with('\n') { tail.to_owned() } else { format!("{tail}\n") };
        self.change(slot.after..end, format!("{head}{comment}{tail}"));
        Ok(())
    }

    /// A text in the quotes, or in the block, that the old one stands in.
    fn in_its_style(&self, node: &Node, old: &Layout) -> Option<String> {
        let (Form::Scalar(style), Value::String(text), None) = (&old.form, &node.value, &node.tag) else {
            return None;
        };
        let is_plain =
            |c: char| !c.is_control() && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
        let starts = self.text[old.bytes.clone()].chars().next();
        match style {
            Style::SingleQuoted if starts == Some('\'') && text.chars().all(is_plain) => {
                Some(format!("'{}'", text.replace('\'', "''")))
            }
            Style::DoubleQuoted if starts == Some('"') && text.chars().all(is_plain) => {
                Some(serde_json::Value::from(text.as_str()).to_string())
            }
            Style::Literal if starts == Some('|') => self.literal(text, old),
            _ => None,
        }
    }

    /// A block of text, as far indented as the old one.
    fn literal(&self, text: &str, old: &Layout) -> Option<String> {
        let block = &self.text[old.bytes.clone()];
        let (header, lines) = block.split_once('\n')?;
        let first = lines.lines().find(|line| !line.trim().is_empty())?;
        let indent = &first[..first.len() - first.trim_start_matches(' ').len()];
        let fits = |c: char| c == '\n' || c == '\t' || !c.is_control();
        let is_simple = text.contains('\n') && !text.starts_with([' ', '\n', '\t']) && text.chars().all(fits);
        if !is_simple
            || indent.is_empty()
            || text.ends_with("\n\n")
            || text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'])
        {
            return None;
        }
        let chomp = if text.ends_with('\n') { "|" } else { "|-" };
        let rest = header.trim_end_matches('\r').trim_start_matches(['|', '-']);
        // A header that says more than that would mean something else now.
        let header = if rest.is_empty() || rest.trim_start().starts_with('#') {
            format!("{chomp}{rest}")
        } else {
            return None;
        };
        let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{indent}{line}\n") };
        let body: String = text.strip_suffix('\n').unwrap_or(text).split('\n').map(line).collect();
        Some(format!("{header}\n{body}"))
    }
}

/// A key and its value, as lines.
pub(super) fn entry(name: &str, node: &Node) -> String {
    let entry = Entry { key_at: Position::default(), node: node.clone() };
    emit_node(&untagged(Value::Map(IndexMap::from([(name.to_owned(), entry)]))))
}

/// An item behind its dash, as lines.
pub(super) fn item(node: &Node) -> String {
    emit_node(&untagged(Value::List(vec![node.clone()])))
}

fn untagged(value: Value) -> Node {
    Node { at: Position::default(), tag: None, value }
}

/// Lines as they are further to the right; the first one stands there already.
pub(super) fn indented(text: &str, column: usize) -> String {
    let indent = " ".repeat(column);
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| if line == "\n" { text + line } else { text + &indent + line })
}

/// A value as it stands in brackets. Behind a tag alone there is a space: most readers take a bracket or comma for a part of
/// the tag.
pub(super) fn flow(node: &Node) -> String {
    let tag = node.tag.as_deref().map_or_else(String::new, |tag| format!("{tag} "));
    let value = match &node.value {
        Value::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(name, entry)| flow_entry(name, &entry.node)).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::String(text) if node.tag.is_none() || !text.is_empty() => flow_text(text),
        _ if node.tag.is_some() => String::new(),
        _ => emit_node(node).trim_end().to_owned(),
    };
    format!("{tag}{value}")
}

pub(super) fn flow_entry(name: &str, node: &Node) -> String {
    format!("{}: {}", flow_text(name), flow(node))
}

/// A text without quotes where it needs none.
fn flow_text(text: &str) -> String {
    let plain = emit_node(&untagged(Value::String(text.to_owned())));
    let plain = plain.trim_end_matches('\n');
    let is_safe = plain == text && !text.contains(['[', ']', '{', '}', ',', ':', '#', '\'', '"', '?', '\n']);
    if is_safe { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
