//! Keys of a map: changed, taken out, put in.

use std::collections::HashMap;

use crate::yaml::{Entry, EntryLayout, Form, KeyPath, Map};

use super::super::mark::Mark;
use super::write::{self, Slot};
use super::{Editor, Impossible, Pair};

/// A map and where it is written.
struct Written<'a> {
    actual: &'a Map,
    entries: &'a [EntryLayout],
    /// Which of the entries stay.
    stays: Vec<bool>,
    /// What is put in: behind which entry, or before all of them.
    new: Vec<(Option<usize>, &'a str, &'a Entry)>,
}

impl Editor<'_> {
    pub(super) fn map(&mut self, pair: Pair<'_>, slot: &Slot, path: &KeyPath) -> Result<(), Impossible> {
        let scope = pair.scope.enter_both(pair.expected, pair.actual);
        let (Some(expected), Some(actual)) = (pair.expected.as_map(), pair.actual.as_map()) else {
            return Err(Impossible);
        };
        let Form::Map { flow, entries } = &pair.layout.form else { return Err(Impossible) };
        let places = places(entries)?;
        let is_void = |name: &str, entry: &Entry| scope.is_void(name, &entry.node);
        let mut map = Written { actual, entries, stays: vec![true; entries.len()], new: Vec::new() };
        for (name, entry) in expected {
            let place = places.get(name.as_str()).copied();
            match (actual.get(name), place) {
                (Some(other), Some(place)) => {
                    let layout = &entries[place].value;
                    let scope = scope.child(name);
                    let inner = Pair { expected: &entry.node, layout, actual: &other.node, scope };
                    let slot = self.entry_slot(&entries[place], *flow)?;
                    self.value(inner, &slot, &path.name(name))?;
                }
                (None, _) if scope.is_absent(&entry.node) || is_void(name, entry) => {}
                (None, Some(place)) => map.stays[place] = false,
                (_, None) => return Err(Impossible),
            }
        }
        if !matches!(Mark::of(pair.expected), Some(Mark::Subset)) {
            let is_new = |name: &str, entry: &Entry| !expected.contains_key(name) && !is_void(name, entry);
            map.new = map.additions(&places, is_new);
        }
        if map.stays.contains(&true) {
            if *flow { self.flow_map(&map) } else { self.block_map(&map) }
        } else {
            self.replace(pair, slot, path)
        }
    }

    fn entry_slot(&self, entry: &EntryLayout, flow: bool) -> Result<Slot, Impossible> {
        let colon = self.text[entry.key.end..].find(':').ok_or(Impossible)?;
        let after = entry.key.end + colon + 1;
        Ok(Slot { flow, item: false, column: self.column(entry.key.start), after })
    }

    fn block_map(&mut self, map: &Written<'_>) -> Result<(), Impossible> {
        let Some(first) = map.stays.iter().position(|stays| *stays) else { return Err(Impossible) };
        let column = self.column(map.entries[first].key.start);
        let start = map.entries[first].key.start;
        // The first key may stand behind a dash, which stays.
        let is_behind_dash = self.indentation(map.entries[0].key.start).is_none();
        let lines = if is_behind_dash { first } else { 0 };
        if lines > 0 {
            self.change(map.entries[0].key.start..start, String::new());
        }
        let gone = map.entries.iter().zip(&map.stays).skip(lines).filter(|(_, stays)| !**stays);
        for (entry, _) in gone {
            self.indentation(entry.key.start).ok_or(Impossible)?;
            let begin = self.line_start(entry.key.start);
            self.change(begin..self.line_after(&entry.value), String::new());
        }
        for (behind, name, entry) in &map.new {
            let text = write::indented(&write::entry(name, &entry.node), column);
            match behind {
                Some(index) => {
                    let at = self.line_after(&map.entries[*index].value);
                    self.change(at..at, format!("{}{text}", " ".repeat(column)));
                }
                None => self.change(start..start, format!("{text}{}", " ".repeat(column))),
            }
        }
        Ok(())
    }

    fn flow_map(&mut self, map: &Written<'_>) -> Result<(), Impossible> {
        let bytes: Vec<_> = map
            .entries
            .iter()
            .map(|entry| entry.key.start..entry.value.bytes.end.max(entry.key.end))
            .collect();
        let new = map.new.iter().map(|(behind, name, entry)| (*behind, write::flow_entry(name, &entry.node)));
        self.flow_items(&bytes, &map.stays, new.collect())
    }
}

impl<'a> Written<'a> {
    /// What is only in the actual map, each behind the key that comes before it there and stays.
    fn additions(
        &self,
        places: &HashMap<&str, usize>,
        is_new: impl Fn(&str, &Entry) -> bool,
    ) -> Vec<(Option<usize>, &'a str, &'a Entry)> {
        let (mut behind, mut new) = (None, Vec::new());
        for (name, entry) in self.actual {
            match places.get(name.as_str()).filter(|place| self.stays[**place]) {
                Some(place) => behind = Some(*place),
                None if is_new(name, entry) => new.push((behind, name.as_str(), entry)),
                None => {}
            }
        }
        new
    }
}

/// Where each key stands. A map that merges another, or has a key twice, is not what it seems.
fn places(entries: &[EntryLayout]) -> Result<HashMap<&str, usize>, Impossible> {
    let mut places = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        if places.insert(entry.name.as_deref().ok_or(Impossible)?, index).is_some() {
            return Err(Impossible);
        }
    }
    Ok(places)
}
