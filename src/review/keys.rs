//! Keys, what they do, and how that is said: in the line at the bottom, as far as it fits, and on the page of help.

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Enter,
    Escape,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Tab,
    BackTab,
    Interrupt,
    Suspend,
}

/// What is on the screen, as far as it changes what keys do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Item,
    Marking,
    Help,
    Last,
}

const ITEM: [&[(&str, &str)]; 3] = [
    &[
        ("a", "accept"),
        ("r", "reject"),
        ("s", "skip"),
        ("m", "mark"),
        ("e", "edit"),
        ("u", "undo"),
        ("n/p", "item"),
        ("q", "quit"),
        ("?", "help"),
    ],
    &[("a", "accept"), ("r", "reject"), ("s", "skip"), ("q", "quit"), ("?", "help")],
    &[("a", ""), ("r", ""), ("s", ""), ("q", ""), ("?", "help")],
];
const MARKING: [&[(&str, &str)]; 2] = [
    &[("Return", "mark it so"), ("m", "next proposal"), ("Esc", "leave it")],
    &[("Return", ""), ("m", "next"), ("Esc", "")],
];
const HELP: [&[(&str, &str)]; 1] = [&[("any key", "back")]];
const LAST: [&[(&str, &str)]; 2] = [
    &[("Return", "write it"), ("u", "undo"), ("p", "look again"), ("Ctrl-C", "leave, write nothing")],
    &[("Return", "write it"), ("u", "undo"), ("p", "back")],
];

/// The keys of the line at the bottom with what they do, as many as fit.
pub(super) fn line(shown: Shown, columns: usize) -> &'static [(&'static str, &'static str)] {
    let variants: &[&[(&str, &str)]] = match shown {
        Shown::Item => &ITEM,
        Shown::Marking => &MARKING,
        Shown::Help => &HELP,
        Shown::Last => &LAST,
    };
    let fits = |keys: &&&[(&str, &str)]| length(keys) <= columns;
    variants.iter().find(fits).or(variants.last()).copied().unwrap_or_default()
}

/// The columns of such a line, with two spaces between keys.
fn length(keys: &[(&str, &str)]) -> usize {
    let one = |(key, does): &(&str, &str)| key.len() + if does.is_empty() { 0 } else { does.len() + 1 };
    keys.iter().map(one).sum::<usize>() + 2 * keys.len().saturating_sub(1)
}

/// Every key.
pub(super) const ALL: [(&str, &str); 17] = [
    ("a, y", "accept: it is what is expected from now on"),
    ("r", "reject: what is expected stays, and this is not offered again"),
    ("s", "skip: it stays pending"),
    ("f", "accept all of this file"),
    ("t", "accept all of this test"),
    ("Tab, Shift-Tab", "the next value that differs, the one before"),
    ("m", "mark that value as one that varies; again: the next proposal"),
    ("e", "edit the expected file in $VISUAL or $EDITOR"),
    ("u", "undo, as often as you like"),
    ("n or →, p or ←", "the next item, the one before"),
    ("↓ ↑, j k", "a line down, a line up"),
    ("Space, b, PgDn, PgUp", "a page down, a page up"),
    ("g, G, Home, End", "to the beginning, to the end"),
    ("q", "quit: write what was decided; the rest stays pending"),
    ("Ctrl-C", "leave, and write nothing"),
    ("Ctrl-Z", "to the shell; fg comes back"),
    ("?", "this page"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_at_the_bottom_fits_whatever_the_columns_are() {
        for shown in [Shown::Item, Shown::Marking, Shown::Help, Shown::Last] {
            for columns in [40, 60, 80, 200] {
                assert!(length(line(shown, columns)) <= columns, "{shown:?} {columns}");
            }
        }
        assert_eq!(line(Shown::Item, 80).len(), 9);
    }
}
