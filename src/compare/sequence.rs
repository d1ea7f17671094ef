//! Items without names, paired in their order: as few differences as possible, within bounds.

use std::cmp::Ordering;
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::yaml::Node;

use super::alike;
use super::pairing::{Items, Pair, Pairing};
use super::value::leaves;

/// Longer lists are paired by position once what is equal at both ends is taken away.
const LONGEST: usize = 100_000;
/// The most cells of a table of distances.
const CELLS: usize = 40_000;

/// A run of each list.
struct Gap {
    expected: Range<usize>,
    actual: Range<usize>,
}

pub(super) fn pair(items: Items<'_, '_>) -> Pairing {
    let whole = Gap { expected: 0..items.expected.len(), actual: 0..items.actual.len() };
    if (whole.expected.len(), whole.actual.len()) == (1, 1) || items.fuel.get() == 0 {
        return Pairing { pairs: by_position(&whole), ..Pairing::default() };
    }
    let (start, gap) = trim(items);
    let end = items.expected.len() - gap.expected.end;
    let mut pairs: Vec<Pair> = (0..start).map(|index| Pair::Both(index, index)).collect();
    let moved = permutation(items, &gap);
    let is_reordered = moved.is_some();
    pairs.extend(moved.unwrap_or_else(|| fill(items, &gap)));
    pairs.extend((0..end).map(|index| Pair::Both(gap.expected.end + index, gap.actual.end + index)));
    Pairing { pairs, is_reordered, ..Pairing::default() }
}

/// How many items are equal at the beginning, and what is left without them and those that are equal at the end.
fn trim(items: Items<'_, '_>) -> (usize, Gap) {
    let (left, right) = (items.expected.len(), items.actual.len());
    let shorter = left.min(right);
    let start = (0..shorter).take_while(|index| items.same(*index, *index)).count();
    let end = (1..=shorter - start).take_while(|index| items.same(left - index, right - index)).count();
    (start, Gap { expected: start..left - end, actual: start..right - end })
}

/// The pairs of equal items, if both runs hold the same ones in another order.
fn permutation(items: Items<'_, '_>, gap: &Gap) -> Option<Vec<Pair>> {
    if gap.expected.len() < 2 || gap.expected.len() != gap.actual.len() {
        return None;
    }
    let expected: Vec<&Node> = items.expected[gap.expected.clone()].iter().collect();
    let actual: Vec<&Node> = items.actual[gap.actual.clone()].iter().collect();
    let pairs = alike::equal(&expected, &actual, items.scope.item());
    let place = |(left, right)| Pair::Both(gap.expected.start + left, gap.actual.start + right);
    (pairs.len() == expected.len()).then(|| pairs.into_iter().map(place).collect())
}

/// Pairs what stands between two equal items.
fn fill(items: Items<'_, '_>, gap: &Gap) -> Vec<Pair> {
    let (left, right) = (gap.expected.len(), gap.actual.len());
    if left == 0 || right == 0 || (left, right) == (1, 1) {
        return by_position(gap);
    }
    if is_affordable(items, gap) {
        return align(items, gap);
    }
    if left + right > LONGEST {
        return by_position(gap);
    }
    by_anchors(items, gap)
}

/// Whether each item may be compared with each.
fn is_affordable(items: Items<'_, '_>, gap: &Gap) -> bool {
    let (left, right) = (gap.expected.len(), gap.actual.len());
    left.saturating_mul(right) <= CELLS
        && alike::is_affordable(
            &items.expected[gap.expected.clone()],
            &items.actual[gap.actual.clone()],
            items.fuel,
        )
}

fn by_position(gap: &Gap) -> Vec<Pair> {
    let common = gap.expected.len().min(gap.actual.len());
    let both = gap.expected.clone().zip(gap.actual.clone()).map(|(left, right)| Pair::Both(left, right));
    let missing = gap.expected.clone().skip(common).map(Pair::Missing);
    let unexpected = gap.actual.clone().skip(common).map(Pair::Unexpected);
    both.chain(missing).chain(unexpected).collect()
}

/// Pairs what is written alike first, and then what stands between.
fn by_anchors(items: Items<'_, '_>, gap: &Gap) -> Vec<Pair> {
    let text = |node: &Node| node.to_json().to_string();
    let left: Vec<String> = items.expected[gap.expected.clone()].iter().map(text).collect();
    let right: Vec<String> = items.actual[gap.actual.clone()].iter().map(text).collect();
    let mut pairs = Vec::new();
    for operation in capture_diff_slices(Algorithm::Myers, &left, &right) {
        let (tag, left, right) = operation.as_tag_tuple();
        let run = Gap {
            expected: gap.expected.start + left.start..gap.expected.start + left.end,
            actual: gap.actual.start + right.start..gap.actual.start + right.end,
        };
        match tag {
            DiffTag::Replace if is_affordable(items, &run) => pairs.extend(align(items, &run)),
            _ => pairs.extend(by_position(&run)),
        }
    }
    pairs
}

/// The cheapest way to turn one run into the other, where a differing leaf costs one.
fn align(items: Items<'_, '_>, gap: &Gap) -> Vec<Pair> {
    let is_turned = is_turned(items, gap);
    let (rows, columns) = if is_turned { (&gap.actual, &gap.expected) } else { (&gap.expected, &gap.actual) };
    let table = Table::new(items, rows.clone(), columns.clone(), is_turned);
    let mut pairs = table.trace();
    if is_turned {
        for pair in &mut pairs {
            *pair = match *pair {
                Pair::Both(left, right) => Pair::Both(right, left),
                Pair::Missing(index) => Pair::Unexpected(index),
                Pair::Unexpected(index) => Pair::Missing(index),
            };
        }
    }
    // What is missing is said first, then what stands there instead.
    pairs.split_mut(|pair| matches!(pair, Pair::Both(..))).for_each(<[Pair]>::sort_unstable);
    pairs
}

/// Of ways that cost the same, one is chosen; it must be the same one when the sides are swapped.
fn is_turned(items: Items<'_, '_>, gap: &Gap) -> bool {
    let text = |nodes: &[Node]| nodes.iter().map(|node| node.to_json().to_string()).collect::<Vec<_>>();
    match gap.expected.len().cmp(&gap.actual.len()) {
        Ordering::Equal => {
            text(&items.expected[gap.expected.clone()]) > text(&items.actual[gap.actual.clone()])
        }
        order => order.is_gt(),
    }
}

/// What it costs at least to turn the first rows into the first columns.
struct Table {
    rows: Range<usize>,
    columns: Range<usize>,
    /// What it costs to turn each row into each column.
    change: Vec<usize>,
    row_leaves: Vec<usize>,
    column_leaves: Vec<usize>,
    cost: Vec<usize>,
}

impl Table {
    fn new(items: Items<'_, '_>, rows: Range<usize>, columns: Range<usize>, is_turned: bool) -> Self {
        let (row_nodes, column_nodes) =
            if is_turned { (items.actual, items.expected) } else { (items.expected, items.actual) };
        let row_leaves: Vec<usize> = rows.clone().map(|row| leaves(&row_nodes[row])).collect();
        let column_leaves: Vec<usize> = columns.clone().map(|column| leaves(&column_nodes[column])).collect();
        let mut change = Vec::with_capacity(rows.len() * columns.len());
        for (row, row_leaves) in rows.clone().zip(&row_leaves) {
            for (column, column_leaves) in columns.clone().zip(&column_leaves) {
                let (left, right) = if is_turned { (column, row) } else { (row, column) };
                change.push(items.distance(left, right, row_leaves + column_leaves));
            }
        }
        let mut table = Self { rows, columns, change, row_leaves, column_leaves, cost: Vec::new() };
        table.fill();
        table
    }

    fn fill(&mut self) {
        let (height, width) = (self.rows.len() + 1, self.columns.len() + 1);
        self.cost = Vec::with_capacity(height * width);
        for row in 0..height {
            for column in 0..width {
                let ways =
                    [self.both(row, column), self.row_alone(row, column), self.column_alone(row, column)];
                self.cost.push(ways.into_iter().flatten().min().unwrap_or(0));
            }
        }
    }

    /// The cost if the last row is turned into the last column.
    fn both(&self, row: usize, column: usize) -> Option<usize> {
        let (above, left) = (row.checked_sub(1)?, column.checked_sub(1)?);
        let change = self.change[above * self.columns.len() + left];
        // Nothing in common: they do not belong together.
        let is_other = change >= self.row_leaves[above] + self.column_leaves[left];
        (!is_other).then(|| self.at(above, left) + change)
    }

    fn row_alone(&self, row: usize, column: usize) -> Option<usize> {
        let above = row.checked_sub(1)?;
        Some(self.at(above, column) + self.row_leaves[above])
    }

    fn column_alone(&self, row: usize, column: usize) -> Option<usize> {
        let left = column.checked_sub(1)?;
        Some(self.at(row, left) + self.column_leaves[left])
    }

    fn at(&self, row: usize, column: usize) -> usize {
        self.cost[row * (self.columns.len() + 1) + column]
    }

    /// The cheapest way, from its end.
    fn trace(&self) -> Vec<Pair> {
        let (mut row, mut column) = (self.rows.len(), self.columns.len());
        let mut pairs = Vec::new();
        while row > 0 || column > 0 {
            let cost = Some(self.at(row, column));
            if self.both(row, column) == cost {
                (row, column) = (row - 1, column - 1);
                pairs.push(Pair::Both(self.rows.start + row, self.columns.start + column));
            } else if self.row_alone(row, column) == cost {
                row -= 1;
                pairs.push(Pair::Missing(self.rows.start + row));
            } else {
                column -= 1;
                pairs.push(Pair::Unexpected(self.columns.start + column));
            }
        }
        pairs.reverse();
        pairs
    }
}
