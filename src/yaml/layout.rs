//! Where everything of a text is written, in bytes, for changing a part of it and nothing else.

use std::ops::Range;

use libyaml_safer::ScalarStyle;

use super::events::{Event, Events};
use super::parse::{ParseError, key_text, parse_all, scalar_node};
use super::{Document, Position};

/// A document, and where it is written.
#[derive(Debug)]
pub(crate) struct PlacedDocument {
    pub(crate) document: Document,
    pub(crate) layout: Layout,
    /// From the line that begins it, or from the beginning of the text, to the line that begins the next.
    pub(crate) bytes: Range<usize>,
    /// Where the document itself begins: at its `---`, or at its first value.
    pub(crate) start: usize,
}

/// Where a value is written.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Tag and anchor included. Of a block, up to its last value; a block scalar ends with its last line.
    pub(crate) bytes: Range<usize>,
    pub(crate) form: Form,
}

/// How a value is written.
#[derive(Debug)]
pub(crate) enum Form {
    Scalar(Style),
    List {
        flow: bool,
        items: Vec<Layout>,
    },
    Map {
        flow: bool,
        entries: Vec<EntryLayout>,
    },
    /// Another value stands here.
    Alias,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct EntryLayout {
    /// As a map has it; nothing of a key that merges another map, or that is no text.
    pub(crate) name: Option<String>,
    pub(crate) key: Range<usize>,
    pub(crate) value: Layout,
}

/// Every document of a text, also those that hold nothing.
pub(crate) fn place(text: &[u8]) -> Result<Vec<PlacedDocument>, ParseError> {
    let documents = parse_all(text)?;
    let Ok(decoded) = std::str::from_utf8(text) else { return Ok(Vec::new()) };
    let mut layouts = layouts(decoded)?;
    let starts: Vec<usize> = layouts.iter().map(|(start, _)| *start).collect();
    let range = |index: usize| {
        let start = if index == 0 { 0 } else { starts[index] };
        start..starts.get(index + 1).copied().unwrap_or(text.len())
    };
    let placed = documents.into_iter().zip(layouts.drain(..)).enumerate();
    Ok(placed
        .map(|(index, (document, (start, layout)))| PlacedDocument {
            document,
            layout,
            bytes: range(index),
            start,
        })
        .collect())
}

/// A collection that is being read.
struct Open {
    start: usize,
    form: Form,
    /// The key that waits for its value.
    key: Option<(Option<String>, Range<usize>)>,
}

/// The root of every document, and where the document begins.
fn layouts(text: &str) -> Result<Vec<(usize, Layout)>, ParseError> {
    let mut events = Events::of(text);
    let mut roots = Vec::new();
    let (mut stack, mut begins) = (Vec::<Open>::new(), 0);
    loop {
        let (event, bytes) = events.next_in_bytes()?;
        let mut name = None;
        let layout = match event {
            Event::StreamEnd => return Ok(roots),
            Event::DocumentStart { .. } => {
                begins = bytes.start;
                continue;
            }
            Event::SequenceStart { flow, .. } => {
                stack.push(open(bytes.start, Form::List { flow, items: Vec::new() }));
                continue;
            }
            Event::MappingStart { flow, .. } => {
                stack.push(open(bytes.start, Form::Map { flow, entries: Vec::new() }));
                continue;
            }
            Event::CollectionEnd => match stack.pop() {
                Some(open) => close(open, bytes.end),
                None => continue,
            },
            Event::Alias { .. } => Layout { bytes, form: Form::Alias },
            Event::Scalar { tag, text: value, style, .. } => {
                let is_plain = style == ScalarStyle::Plain;
                let is_merge = is_plain && tag.is_none() && value == "<<";
                name = scalar_node(value, tag, is_plain, Position::default()).ok().filter(|_| !is_merge);
                scalar(text, bytes, style)
            }
            Event::DocumentEnd | Event::Other => continue,
        };
        let name = name.and_then(|node| key_text(&node).ok());
        match stack.last_mut() {
            Some(open) => put(open, name, layout),
            None => roots.push((begins, layout)),
        }
    }
}

fn open(start: usize, form: Form) -> Open {
    Open { start, form, key: None }
}

fn scalar(text: &str, bytes: Range<usize>, style: ScalarStyle) -> Layout {
    let style = match style {
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
        _ => Style::Plain,
    };
    // Empty lines behind a block are nobody's, unless it keeps them.
    let header = text[bytes.clone()].lines().next().unwrap_or_default();
    let end = match style {
        Style::Literal | Style::Folded if !header.contains('+') => {
            let kept = text[bytes.clone()].trim_end_matches([' ', '\n', '\r']).len();
            let end = bytes.start + kept;
            text[end..bytes.end].find('\n').map_or(bytes.end, |newline| end + newline + 1)
        }
        _ => bytes.end,
    };
    Layout { bytes: bytes.start..end, form: Form::Scalar(style) }
}

/// A block ends where its last value does: what libyaml says is where the next token begins.
fn close(open: Open, end: usize) -> Layout {
    let end = match &open.form {
        Form::List { flow: false, items } => items.last().map_or(end, |item| item.bytes.end),
        Form::Map { flow: false, entries } => entries.last().map_or(end, |entry| entry.value.bytes.end),
        _ => end,
    };
    Layout { bytes: open.start..end, form: open.form }
}

fn put(open: &mut Open, name: Option<String>, layout: Layout) {
    match &mut open.form {
        Form::List { items, .. } => items.push(layout),
        Form::Map { entries, .. } => match open.key.take() {
            None => open.key = Some((name, layout.bytes)),
            Some((name, key)) => entries.push(EntryLayout { name, key, value: layout }),
        },
        Form::Scalar(_) | Form::Alias => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<'t>(text: &'t str, layout: &Layout) -> &'t str {
        &text[layout.bytes.clone()]
    }

    fn entries(layout: &Layout) -> &[EntryLayout] {
        match &layout.form {
            Form::Map { entries, .. } => entries,
            _ => panic!("a map"),
        }
    }

    #[test]
    fn every_value_is_found_where_it_is_written() {
        let text = "\u{feff}# é\na: 1 # one\nb: !any\nc: [!any, 'x', {d: &e \"y\"}]\nf: |\n  one\n  two\n\n# end\ng:\n- *e\n- h: 2\n\n---\nlast\n";
        let placed = place(text.as_bytes()).expect("YAML");
        let root = entries(&placed[0].layout);
        let found: Vec<&str> = root.iter().map(|entry| written(text, &entry.value)).collect();
        assert_eq!(found, ["1", "!any", "[!any, 'x', {d: &e \"y\"}]", "|\n  one\n  two\n", "- *e\n- h: 2"]);
        let Form::List { items, flow: true } = &root[2].value.form else { panic!("a list in brackets") };
        assert_eq!(written(text, &items[0]), "!any");
        assert_eq!(written(text, &entries(&items[2])[0].value), "&e \"y\"");
        assert_eq!(&text[placed[1].bytes.clone()], "---\nlast\n");
        assert_eq!(placed[0].bytes.start, 0);
    }

    #[test]
    fn an_empty_value_is_where_it_would_be() {
        let text = "a:\nb:\n  - \n  -\n";
        let placed = place(text.as_bytes()).expect("YAML");
        assert_eq!(entries(&placed[0].layout)[0].value.bytes, 2..2);
    }
}
