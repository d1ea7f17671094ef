//! Items of a list: changed, taken out, put in.

use std::ops::Range;

use crate::yaml::{Form, KeyPath, Layout, Node};

use super::super::mark::Mark;
use super::super::pairing;
use super::write::{self, Slot};
use super::{Editor, Impossible, Pair};

impl Editor<'_> {
    pub(super) fn list(
        &mut self,
        pair: Pair<'_>,
        pairs: &[pairing::Pair],
        slot: &Slot,
        path: &KeyPath,
    ) -> Result<(), Impossible> {
        let (Some(expected), Some(actual)) = (pair.expected.as_list(), pair.actual.as_list()) else {
            return Err(Impossible);
        };
        let Form::List { flow, items } = &pair.layout.form else { return Err(Impossible) };
        let mut stays = vec![false; items.len()];
        let mut partners: Vec<Option<usize>> = vec![None; actual.len()];
        for found in pairs {
            if let pairing::Pair::Both(left, right) = *found {
                stays[left] = true;
                partners[right] = Some(left);
                let inner = Pair {
                    expected: &expected[left],
                    layout: &items[left],
                    actual: &actual[right],
                    scope: pair.scope.item(),
                };
                let slot = self.item_slot(&items[left], *flow)?;
                self.value(inner, &slot, &path.index(left))?;
            }
        }
        if !stays.contains(&true) {
            return self.replace(pair, slot, path);
        }
        let is_open = matches!(Mark::of(pair.expected), Some(Mark::Contains));
        let new = if is_open { Vec::new() } else { additions(actual, &partners) };
        if *flow { self.flow_list(items, &stays, &new) } else { self.block_list(items, &stays, &new) }
    }

    fn item_slot(&self, item: &Layout, flow: bool) -> Result<Slot, Impossible> {
        if flow {
            return Ok(Slot { flow, item: true, column: 0, after: item.bytes.start });
        }
        let dash = self.dash(item)?;
        Ok(Slot { flow, item: true, column: self.column(dash), after: dash + 1 })
    }

    /// Where the dash of an item stands: nothing but blanks and comments is between.
    fn dash(&self, item: &Layout) -> Result<usize, Impossible> {
        let is_blank = |text: &str| {
            text.starts_with([' ', '\t', '\r', '\n'])
                && text.split('\n').all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
        };
        let before = &self.text[..item.bytes.start];
        let dashes = before.rmatch_indices('-').map(|(dash, _)| dash);
        let mut dashes = dashes.filter(|dash| {
            let between = &before[dash + 1..];
            between.is_empty() && item.bytes.is_empty() || is_blank(between)
        });
        dashes.next().ok_or(Impossible)
    }

    fn block_list(
        &mut self,
        items: &[Layout],
        stays: &[bool],
        new: &[(Option<usize>, &Node)],
    ) -> Result<(), Impossible> {
        let first = stays.iter().position(|stays| *stays).ok_or(Impossible)?;
        let dash = self.dash(&items[first])?;
        let column = self.column(dash);
        for (item, _) in items.iter().zip(stays).filter(|(_, stays)| !**stays) {
            let dash = self.dash(item)?;
            self.indentation(dash).ok_or(Impossible)?;
            self.change(self.line_start(dash)..self.line_after(item), String::new());
        }
        for (behind, node) in new {
            let text = write::indented(&write::item(node), column);
            match behind {
                Some(index) => {
                    let at = self.line_after(&items[*index]);
                    self.change(at..at, format!("{}{text}", " ".repeat(column)));
                }
                None => self.change(dash..dash, format!("{text}{}", " ".repeat(column))),
            }
        }
        Ok(())
    }

    fn flow_list(
        &mut self,
        items: &[Layout],
        stays: &[bool],
        new: &[(Option<usize>, &Node)],
    ) -> Result<(), Impossible> {
        let bytes: Vec<Range<usize>> = items.iter().map(|item| item.bytes.clone()).collect();
        self.flow_items(
            &bytes,
            stays,
            new.iter().map(|(behind, node)| (*behind, write::flow(node))).collect(),
        )
    }

    /// What stands between brackets, with commas between.
    pub(super) fn flow_items(
        &mut self,
        items: &[Range<usize>],
        stays: &[bool],
        new: Vec<(Option<usize>, String)>,
    ) -> Result<(), Impossible> {
        let first = stays.iter().position(|stays| *stays).ok_or(Impossible)?;
        if first > 0 {
            self.change(items[0].start..items[first].start, String::new());
        }
        for index in (first..items.len()).filter(|index| !stays[*index]) {
            self.change(items[index - 1].end..items[index].end, String::new());
        }
        for (behind, text) in new {
            match behind {
                Some(index) => self.change(items[index].end..items[index].end, format!(", {text}")),
                None => self.change(items[first].start..items[first].start, format!("{text}, ")),
            }
        }
        Ok(())
    }
}

/// The items without a partner, each behind the item that comes before it and has one.
fn additions<'a>(actual: &'a [Node], partners: &[Option<usize>]) -> Vec<(Option<usize>, &'a Node)> {
    let (mut behind, mut new) = (None, Vec::new());
    for (node, partner) in actual.iter().zip(partners) {
        match partner {
            Some(partner) => behind = Some(*partner),
            None => new.push((behind, node)),
        }
    }
    new
}
