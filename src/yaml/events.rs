//! The events of a text: documents, scalars, collections, as libyaml's scanner tells them apart.
//!
//! The port of libyaml that is used gives up on two rare things: a tag that a comma follows, which is valid, and a tag
//! with an escape. A text that may hold one is read by another scanner, which accepts the same but for its words.

use std::sync::LazyLock;

use libyaml_safer::EventData;
use regex::bytes::Regex;

use super::Position;
use super::parse::ParseError;

/// What comes next in a text.
pub(super) enum Event {
    DocumentStart {
        /// Of YAML, if it is said.
        version: Option<(i32, i32)>,
    },
    /// The end of a document or of the text.
    DocumentEnd,
    StreamEnd,
    Alias {
        anchor: String,
    },
    Scalar {
        anchor: Option<String>,
        tag: Option<String>,
        text: String,
        /// Without quotes, and no block.
        plain: bool,
    },
    SequenceStart {
        anchor: Option<String>,
        tag: Option<String>,
    },
    MappingStart {
        anchor: Option<String>,
        tag: Option<String>,
    },
    CollectionEnd,
    /// Nothing of interest.
    Other,
}

/// The events of a text, one after another.
pub(super) enum Events<'t> {
    Libyaml { parser: Box<libyaml_safer::Parser<&'t [u8]>>, text: &'t [u8] },
    Other { parser: Box<saphyr_parser::Parser<'t, saphyr_parser::StrInput<'t>>> },
}

impl<'t> Events<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        static GIVES_UP: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"![^\s]*[,%]|\\\z|(?m)^%TAG").expect("a constant pattern"));
        if GIVES_UP.is_match(text.as_bytes()) {
            return Self::Other { parser: Box::new(saphyr_parser::Parser::new_from_str(text)) };
        }
        let mut parser = Box::new(libyaml_safer::Parser::new());
        parser.set_input(text.as_bytes());
        Self::Libyaml { parser, text: text.as_bytes() }
    }

    pub(super) fn next(&mut self) -> Result<(Event, Position), ParseError> {
        match self {
            Self::Libyaml { parser, text } => match parser.parse() {
                Ok(event) => Ok((from_libyaml(event.data), position(event.start_mark))),
                Err(error) => Err(ParseError::from_libyaml(&error, text)),
            },
            Self::Other { parser } => match parser.next() {
                Some(Ok((event, span))) => Ok((from_other(event), place(span.start))),
                Some(Err(error)) => Err(ParseError::new(Some(place(*error.marker())), error.info(), None)),
                None => Ok((Event::StreamEnd, Position::default())),
            },
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a text that is in memory")]
pub(super) fn position(mark: libyaml_safer::Mark) -> Position {
    Position { line: mark.line as usize + 1, column: mark.column as usize + 1 }
}

fn place(marker: saphyr_parser::Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

fn from_libyaml(event: EventData) -> Event {
    match event {
        EventData::DocumentStart { version_directive, .. } => {
            Event::DocumentStart { version: version_directive.map(|version| (version.major, version.minor)) }
        }
        EventData::DocumentEnd { .. } => Event::DocumentEnd,
        EventData::StreamEnd => Event::StreamEnd,
        EventData::Alias { anchor } => Event::Alias { anchor },
        EventData::Scalar { anchor, tag, value, style, .. } => {
            Event::Scalar { anchor, tag, text: value, plain: style == libyaml_safer::ScalarStyle::Plain }
        }
        EventData::SequenceStart { anchor, tag, .. } => Event::SequenceStart { anchor, tag },
        EventData::MappingStart { anchor, tag, .. } => Event::MappingStart { anchor, tag },
        EventData::SequenceEnd | EventData::MappingEnd => Event::CollectionEnd,
        EventData::StreamStart { .. } => Event::Other,
    }
}

fn from_other(event: saphyr_parser::Event<'_>) -> Event {
    use saphyr_parser::Event as Other;

    // It numbers anchors; 0 is none.
    let anchor = |id: usize| (id != 0).then(|| id.to_string());
    let tag = |tag: Option<std::borrow::Cow<'_, saphyr_parser::Tag>>| {
        tag.map(|tag| format!("{}{}", tag.handle, tag.suffix))
    };
    match event {
        Other::DocumentStart(_) => Event::DocumentStart { version: None },
        Other::DocumentEnd => Event::DocumentEnd,
        Other::StreamEnd => Event::StreamEnd,
        Other::Alias(id) => Event::Alias { anchor: id.to_string() },
        Other::Scalar(text, style, id, given) => Event::Scalar {
            anchor: anchor(id),
            tag: tag(given),
            text: text.into_owned(),
            plain: style == saphyr_parser::ScalarStyle::Plain,
        },
        Other::SequenceStart(id, given) => Event::SequenceStart { anchor: anchor(id), tag: tag(given) },
        Other::MappingStart(id, given) => Event::MappingStart { anchor: anchor(id), tag: tag(given) },
        Other::SequenceEnd | Other::MappingEnd => Event::CollectionEnd,
        Other::Nothing | Other::StreamStart => Event::Other,
    }
}
