//! What a key does: keys go in, and what the driver has to do comes out. Nothing is written here, and nothing read.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::draw;
use super::keys::{Key, Shown};
use super::model::{Decision, Entry, Spot, Test};
use crate::compare::Is;
use crate::report::words::Count;
use crate::suite::drafts::Drafts;

/// A place in the tests: which test, and which entry of it.
pub(super) type At = (usize, usize);

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// Open the expected file of an entry.
    Edit(At),
    /// Find marks for a value.
    Propose(usize, Spot),
    /// Put one into the expected file.
    Mark(usize, Spot, Is),
    Suspend,
    /// Write what was decided.
    Apply,
    /// Write nothing.
    Leave,
}

/// What is decided, and where we are: what an undo brings back.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) tests: Vec<Rc<Test>>,
    pub(super) drafts: Vec<Drafts>,
    decisions: BTreeMap<(usize, String), Decision>,
    at: At,
    /// Which of the entry's values that differ.
    spot: usize,
}

#[derive(Debug)]
pub(super) enum Mode {
    Item,
    /// Marks for a value, and which of them is shown.
    Marking {
        spot: Spot,
        proposals: Vec<Is>,
        chosen: usize,
    },
    /// Everything is decided.
    Last,
}

pub(super) struct State {
    pub(super) view: View,
    history: Vec<View>,
    pub(super) mode: Mode,
    pub(super) help: bool,
    pub(super) scroll: usize,
    pub(super) message: Option<String>,
    /// Columns and lines.
    pub(super) size: (usize, usize),
}

impl State {
    pub(super) fn new(tests: Vec<Test>, size: (usize, usize)) -> Self {
        let drafts = vec![Drafts::default(); tests.len()];
        let tests = tests.into_iter().map(Rc::new).collect();
        let view = View { tests, drafts, decisions: BTreeMap::new(), at: (0, 0), spot: 0 };
        let mode = if view.all().is_empty() { Mode::Last } else { Mode::Item };
        Self { view, history: Vec::new(), mode, help: false, scroll: 0, message: None, size }
    }

    pub(super) fn shown(&self) -> Shown {
        match &self.mode {
            _ if self.help => Shown::Help,
            Mode::Item => Shown::Item,
            Mode::Marking { .. } => Shown::Marking,
            Mode::Last => Shown::Last,
        }
    }

    pub(super) fn resized(&mut self, size: (usize, usize)) {
        self.size = size;
        self.scroll_to(self.scroll);
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, key: Key) -> Effect {
        self.message = None;
        match (key, self.shown()) {
            (Key::Interrupt, _) => return Effect::Leave,
            (Key::Suspend, _) => return Effect::Suspend,
            (_, Shown::Help) => self.show_help(false),
            (Key::Char('?'), _) => self.show_help(true),
            (_, Shown::Marking) => return self.press_marking(key),
            (Key::Char('q'), _) => return Effect::Apply,
            (Key::Char('u'), _) => self.undo(),
            (Key::Enter | Key::Char('y' | 'a'), Shown::Last) => return Effect::Apply,
            (Key::Char('p') | Key::Left | Key::Escape, Shown::Last) => self.look_again(),
            (key, Shown::Item) => return self.press_item(key),
            (key, Shown::Last) => self.press_scroll(key),
        }
        Effect::Nothing
    }

    fn press_item(&mut self, key: Key) -> Effect {
        let Some(entry) = self.view.entry().cloned() else { return Effect::Nothing };
        match key {
            Key::Char('a' | 'y') => match &entry.refused {
                Some(why) => self.message = Some(format!("it cannot be accepted: {why}")),
                None => self.decide(Decision::Accept, &[self.view.at]),
            },
            Key::Char('r') => self.decide(Decision::Reject, &[self.view.at]),
            Key::Char('s') => self.decide(Decision::Skip, &[self.view.at]),
            Key::Char('f') => self.accept_all(|other| other.shares_a_file(&entry) || other.key == entry.key),
            Key::Char('t') => self.accept_all(|_| true),
            Key::Char('n') | Key::Right => self.go(1),
            Key::Char('p') | Key::Left => self.go(-1),
            Key::Tab | Key::Char(']') => self.go_to_spot(1),
            Key::BackTab | Key::Char('[') => self.go_to_spot(-1),
            Key::Char('m') => match entry.spots().get(self.view.spot) {
                Some(spot) => return Effect::Propose(self.view.at.0, *spot),
                None => self.message = Some("only a value of an expected document can be marked".to_owned()),
            },
            Key::Char('e') => match entry.file {
                Some(_) => return Effect::Edit(self.view.at),
                None => self.message = Some("there is no expected file to edit".to_owned()),
            },
            key => self.press_scroll(key),
        }
        Effect::Nothing
    }

    fn press_marking(&mut self, key: Key) -> Effect {
        let test = self.view.at.0;
        let Mode::Marking { spot, proposals, chosen } = &mut self.mode else { return Effect::Nothing };
        match key {
            Key::Char('m') | Key::Tab => *chosen = (*chosen + 1) % proposals.len(),
            Key::BackTab => *chosen = (*chosen + proposals.len() - 1) % proposals.len(),
            Key::Enter | Key::Char('y') => {
                let effect = Effect::Mark(test, *spot, proposals[*chosen].clone());
                self.mode = Mode::Item;
                return effect;
            }
            _ => self.mode = Mode::Item,
        }
        Effect::Nothing
    }

    fn press_scroll(&mut self, key: Key) {
        let page = draw::height(self).saturating_sub(1).max(1);
        match key {
            Key::Down | Key::Char('j') => self.scroll_to(self.scroll + 1),
            Key::Up | Key::Char('k') => self.scroll_to(self.scroll.saturating_sub(1)),
            Key::PageDown | Key::Char(' ') => self.scroll_to(self.scroll + page),
            Key::PageUp | Key::Char('b') => self.scroll_to(self.scroll.saturating_sub(page)),
            Key::Home | Key::Char('g') => self.scroll_to(0),
            Key::End | Key::Char('G') => self.scroll_to(usize::MAX),
            _ => {}
        }
    }

    /// The driver found marks for a value.
    pub(super) fn proposed(&mut self, spot: Spot, proposals: Vec<Is>) {
        match proposals.is_empty() {
            true => self.message = Some("no mark fits this value".to_owned()),
            false => self.mode = Mode::Marking { spot, proposals, chosen: 0 },
        }
    }

    /// The driver compared a test anew, with these drafts in place of expected files.
    pub(super) fn compared(&mut self, drafts: Drafts, test: Test, done: &str) {
        self.history.push(self.view.clone());
        let (index, before) = (self.view.at.0, self.view.entry().cloned().unwrap_or_default());
        self.view.drafts[index] = drafts;
        self.view.tests[index] = Rc::new(test);
        let entries = &self.view.tests[index].entries;
        let same = entries.iter().position(|entry| entry.key == before.key);
        match same.or_else(|| entries.iter().position(|entry| entry.title == before.title)) {
            Some(entry) => {
                self.view.at.1 = entry;
                let last = self.view.entry().map_or(0, |entry| entry.spots().len().saturating_sub(1));
                self.view.spot = self.view.spot.min(last);
                self.scroll_to_spot();
                self.message = Some(format!("{done}; {} still differs", before.title));
            }
            None => {
                self.go_on(|at, here| at >= here);
                self.message = Some(format!("{done}: {} is as expected now", before.title));
            }
        }
    }

    /// Something could not be done.
    pub(super) fn failed(&mut self, why: &str) {
        self.message = Some(why.to_owned());
    }

    fn show_help(&mut self, help: bool) {
        self.help = help;
        self.scroll_to(0);
    }

    fn undo(&mut self) {
        match self.history.pop() {
            Some(view) => {
                self.view = view;
                self.mode = Mode::Item;
                self.scroll_to_spot();
                self.message = Some("undone".to_owned());
            }
            None => self.message = Some("there is nothing to undo".to_owned()),
        }
    }

    /// From the last screen to the last item.
    fn look_again(&mut self) {
        match self.view.all().last() {
            Some(last) => {
                self.mode = Mode::Item;
                self.move_to(*last);
            }
            None => self.message = Some("nothing is left to look at; u undoes".to_owned()),
        }
    }

    fn decide(&mut self, decision: Decision, places: &[At]) {
        self.history.push(self.view.clone());
        for at in places {
            let key = self.view.tests[at.0].entries[at.1].key.clone();
            self.view.decisions.insert((at.0, key), decision);
        }
        let word = match decision {
            Decision::Accept => "accepted",
            Decision::Reject => "rejected",
            Decision::Skip => "skipped: it stays pending",
        };
        let what = match places {
            [at] => self.view.tests[at.0].entries[at.1].title.clone(),
            _ => Count(places.len(), "item").to_string(),
        };
        self.go_on(|at, here| at > here);
        self.message = Some(format!("{what} {word}"));
    }

    /// Accepts what is meant of this test, unless it was rejected, or cannot be accepted.
    fn accept_all(&mut self, is_meant: impl Fn(&Entry) -> bool) {
        let test = self.view.at.0;
        let entries = self.view.tests[test].entries.iter().enumerate();
        let places: Vec<At> = entries
            .filter(|(_, entry)| entry.refused.is_none() && is_meant(entry))
            .map(|(entry, _)| (test, entry))
            .filter(|at| self.view.decision(*at) != Some(Decision::Reject))
            .collect();
        match places.is_empty() {
            true => self.message = Some("nothing of it can be accepted".to_owned()),
            false => self.decide(Decision::Accept, &places),
        }
    }

    /// On to what is not decided yet, from where we are, or from behind that.
    fn go_on(&mut self, is_next: impl Fn(At, At) -> bool) {
        let all = self.view.all();
        let behind = all.iter().position(|at| is_next(*at, self.view.at)).unwrap_or(0);
        let undecided = |at: &&At| self.view.decision(**at).is_none();
        let next = all[behind..].iter().chain(&all[..behind]).find(undecided).copied();
        match next {
            Some(at) => self.move_to(at),
            // Everything is decided.
            None => {
                self.mode = Mode::Last;
                self.scroll = 0;
            }
        }
    }

    fn go(&mut self, by: isize) {
        let all = self.view.all();
        let here = all.iter().position(|at| *at == self.view.at).unwrap_or(0);
        match here.checked_add_signed(by).and_then(|index| all.get(index)) {
            Some(at) => self.move_to(*at),
            None if by < 0 => self.message = Some("this is the first item".to_owned()),
            None if all.iter().all(|at| self.view.decision(*at).is_some()) => self.mode = Mode::Last,
            None => self.message = Some("this is the last item; q writes what was decided".to_owned()),
        }
    }

    fn move_to(&mut self, at: At) {
        self.view.at = at;
        self.view.spot = 0;
        self.scroll = 0;
    }

    fn go_to_spot(&mut self, by: isize) {
        let count = self.view.entry().map_or(0, |entry| entry.spots().len());
        match self.view.spot.checked_add_signed(by).filter(|spot| *spot < count) {
            Some(spot) => {
                self.view.spot = spot;
                self.scroll_to_spot();
            }
            None => self.message = Some("there is no other value that differs here".to_owned()),
        }
    }

    /// Shows the value that we are at, and as much before it as there is.
    fn scroll_to_spot(&mut self) {
        let place = draw::place_of_spot(self);
        let height = draw::height(self);
        match (self.view.spot, place) {
            (1.., Some((start, end))) if start < self.scroll || end > self.scroll + height => {
                self.scroll_to(start.saturating_sub(1));
            }
            (0, _) => self.scroll_to(0),
            _ => self.scroll_to(self.scroll),
        }
    }

    fn scroll_to(&mut self, line: usize) {
        let most = draw::length(self).saturating_sub(draw::height(self));
        self.scroll = line.min(most);
    }
}

impl View {
    /// Every entry's place.
    pub(super) fn all(&self) -> Vec<At> {
        let tests = self.tests.iter().enumerate();
        tests.flat_map(|(test, of)| (0..of.entries.len()).map(move |entry| (test, entry))).collect()
    }

    pub(super) fn test(&self) -> Option<&Rc<Test>> {
        self.tests.get(self.at.0)
    }

    pub(super) fn entry(&self) -> Option<&Entry> {
        self.test()?.entries.get(self.at.1)
    }

    pub(super) fn at(&self) -> At {
        self.at
    }

    /// The value that we are at.
    pub(super) fn spot(&self) -> Option<Spot> {
        self.entry()?.spots().get(self.spot).copied()
    }

    pub(super) fn decision(&self, (test, entry): At) -> Option<Decision> {
        let key = self.tests.get(test)?.entries.get(entry)?.key.clone();
        self.decisions.get(&(test, key)).copied()
    }

    /// How many entries are decided so; `None` counts those that are not.
    pub(super) fn count(&self, decision: Option<Decision>) -> usize {
        self.all().into_iter().filter(|at| self.decision(*at) == decision).count()
    }
}
