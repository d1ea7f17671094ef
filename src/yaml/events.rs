//! The events of a text: documents, scalars, collections, as libyaml's scanner tells them apart.

use std::borrow::Cow;
use std::io::{BufReader, Cursor};
use std::ops::Range;

use libyaml_safer::{Encoding, EventData, MappingStyle, Parser, ScalarStyle, SequenceStyle};

use super::Position;
use super::feed::Feed;
use super::parse::ParseError;

/// How many bytes Go's reader looks at ahead.
const CHUNK: usize = 512;

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
        style: ScalarStyle,
    },
    SequenceStart {
        anchor: Option<String>,
        tag: Option<String>,
        /// In brackets.
        flow: bool,
    },
    MappingStart {
        anchor: Option<String>,
        tag: Option<String>,
        /// In brackets.
        flow: bool,
    },
    CollectionEnd,
    /// Nothing of interest.
    Other,
}

type Input<'t> = BufReader<Cursor<Cow<'t, [u8]>>>;

/// The events of a text, one after another.
pub(super) struct Events<'t> {
    parser: Box<Parser<Input<'t>>>,
    feed: Feed<'t>,
    /// Why there are no more.
    stopped: Option<ParseError>,
}

impl<'t> Events<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let feed = Feed::of(text);
        let mut parser = Box::new(Parser::new());
        parser.set_encoding(Encoding::Utf8);
        parser.set_input(BufReader::with_capacity(CHUNK, Cursor::new(feed.text())));
        Self { parser, feed, stopped: None }
    }

    /// The next event, and where it begins.
    pub(super) fn next(&mut self) -> Result<(Event, Position), ParseError> {
        let event = self.parsed()?;
        let at = self.feed.position(event.start_mark);
        Ok((self.event(event), at))
    }

    /// The next event, and the bytes of the text that it takes. Of a collection, those of its first and last character.
    pub(super) fn next_in_bytes(&mut self) -> Result<(Event, Range<usize>), ParseError> {
        let event = self.parsed()?;
        let bytes = self.feed.offset(event.start_mark)..self.feed.offset(event.end_mark);
        Ok((self.event(event), bytes))
    }

    fn parsed(&mut self) -> Result<libyaml_safer::Event, ParseError> {
        if let Some(error) = &self.stopped {
            return Err(error.clone());
        }
        match self.parser.parse() {
            Ok(event) => Ok(event),
            Err(error) => Err(self.stop(ParseError::from_libyaml(&error, &self.feed))),
        }
    }

    /// Ends the events in an error.
    pub(super) fn stop(&mut self, error: ParseError) -> ParseError {
        self.stopped.insert(error).clone()
    }

    fn event(&self, event: libyaml_safer::Event) -> Event {
        match event.data {
            EventData::DocumentStart { version_directive, .. } => Event::DocumentStart {
                version: version_directive.map(|version| (version.major, version.minor)),
            },
            EventData::DocumentEnd { .. } => Event::DocumentEnd,
            EventData::StreamEnd => Event::StreamEnd,
            EventData::Alias { anchor } => Event::Alias { anchor },
            EventData::Scalar { anchor, tag, value, style, .. } => {
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let text = self.feed.scalar(value, is_block, event.start_mark, event.end_mark);
                Event::Scalar { anchor, tag: unescape(tag), text, style }
            }
            EventData::SequenceStart { anchor, tag, style, .. } => {
                let flow = style == SequenceStyle::Flow;
                Event::SequenceStart { anchor, tag: unescape(tag), flow }
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                let flow = style == MappingStyle::Flow;
                Event::MappingStart { anchor, tag: unescape(tag), flow }
            }
            EventData::SequenceEnd | EventData::MappingEnd => Event::CollectionEnd,
            EventData::StreamStart { .. } => Event::Other,
        }
    }
}

/// A tag whose escapes (`%c3%a9`) the port took for one character each.
fn unescape(tag: Option<String>) -> Option<String> {
    tag.map(|tag| match tag.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<Vec<u8>, _>>() {
        Ok(bytes) if !tag.is_ascii() => String::from_utf8_lossy(&bytes).into_owned(),
        _ => tag,
    })
}
