//! Keys, and what comes of them, on tests that were made up.

use std::path::PathBuf;

use super::draw::screen;
use super::keys::Key;
use super::model::{Entry, How, Part, Spot, Test, Write};
use super::state::{Effect, Mode, State};
use crate::compare::Is;
use crate::report::fit::width;
use crate::report::paint::Paint;
use crate::suite::drafts::Drafts;

const PLAIN: Paint = Paint { on: false };

fn entry(key: &str, file: &str, values: usize) -> Entry {
    let text = |text: String, spot| Part { text, spot };
    let mut page = vec![text(format!("{file} {key}\n\n"), None)];
    for change in 0..values {
        let lines = format!("  path{change}  {file}:{change}\n    expected  1\n    actual    2\n\n");
        page.push(text(lines, Some(Spot { difference: 0, change })));
    }
    let writes = vec![Write { file: PathBuf::from(file), how: How::Change }];
    let file = Some(PathBuf::from(file));
    Entry { key: key.to_owned(), title: format!("{key} title"), page, writes, file, refused: None }
}

fn test(name: &str, entries: Vec<Entry>) -> Test {
    Test { name: name.to_owned(), entries, ..Test::default() }
}

/// Two tests: one of three items in two files, and one of a single item with many values.
fn state() -> State {
    let first = vec![entry("one", "x", 1), entry("two", "x", 1), entry("three", "y", 1)];
    State::new(vec![test("a", first), test("b", vec![entry("four", "z", 20)])], (80, 24))
}

fn press(state: &mut State, keys: &str) -> Effect {
    keys.chars().map(|c| state.press(Key::Char(c))).last().expect("a key")
}

fn shown(state: &State) -> String {
    screen(state, PLAIN).join("\n")
}

/// How each item is decided: a letter each, `.` where it is not.
fn decisions(state: &State) -> String {
    let letter = |at| match state.view.decision(at) {
        Some(decision) => format!("{decision:?}").chars().next().unwrap_or('?'),
        None => '.',
    };
    state.view.all().into_iter().map(letter).collect()
}

#[test]
fn each_decision_leads_to_the_next_item_and_the_last_to_a_list_of_what_is_written() {
    let mut state = state();
    press(&mut state, "ars");
    assert_eq!((decisions(&state).as_str(), state.view.at()), ("ARS.", (1, 0)));
    press(&mut state, "a");
    assert!(matches!(state.mode, Mode::Last));
    let text = shown(&state);
    for line in ["Everything is decided", "change  x", "reject  two title", "change  z", "1 skipped item"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("change  y"), "{text}");
    assert_eq!(state.press(Key::Enter), Effect::Apply);
}

#[test]
fn an_item_that_was_passed_over_is_come_back_to() {
    let mut state = state();
    press(&mut state, "nnna");
    assert_eq!((decisions(&state).as_str(), state.view.at()), ("...A", (0, 0)));
    press(&mut state, "p");
    assert!(shown(&state).contains("this is the first item"));
}

#[test]
fn all_of_a_file_or_a_test_is_accepted_but_what_was_rejected() {
    let mut state = state();
    press(&mut state, "f");
    assert_eq!(decisions(&state), "AA..");
    let mut state = self::state();
    press(&mut state, "rt");
    assert_eq!((decisions(&state).as_str(), state.view.at()), ("RAA.", (1, 0)));
    assert!(shown(&state).contains("2 items accepted"));
}

#[test]
fn what_cannot_be_accepted_is_not() {
    let refused = Entry { refused: Some("it broke".to_owned()), ..entry("one", "x", 0) };
    let mut state = State::new(vec![test("a", vec![refused, entry("two", "y", 0)])], (80, 24));
    press(&mut state, "a");
    assert_eq!(decisions(&state), "..");
    assert!(shown(&state).contains("it cannot be accepted: it broke"));
    press(&mut state, "t");
    assert_eq!(decisions(&state), ".A");
    press(&mut state, "r");
    assert_eq!(decisions(&state), "RA");
}

#[test]
fn an_undo_takes_back_one_decision_after_the_other() {
    let mut state = state();
    press(&mut state, "aara");
    assert!(matches!(state.mode, Mode::Last));
    for (left, at) in [("AAR.", (1, 0)), ("AA..", (0, 2)), ("A...", (0, 1)), ("....", (0, 0))] {
        press(&mut state, "u");
        assert_eq!((decisions(&state).as_str(), state.view.at()), (left, at));
    }
    press(&mut state, "u");
    assert!(shown(&state).contains("there is nothing to undo"));
}

#[test]
fn a_mark_is_chosen_from_proposals_and_what_it_settles_is_gone_until_it_is_undone() {
    let mut state = state();
    let spot = Spot { difference: 0, change: 0 };
    assert_eq!(press(&mut state, "m"), Effect::Propose(0, spot));
    let is = |tag| Is::new(tag, None).expect("a mark");
    state.proposed(spot, vec![is("!uuid"), is("!any")]);
    assert!(shown(&state).contains("mark as !uuid (1/2)"));
    press(&mut state, "m");
    assert!(shown(&state).contains("mark as !any (2/2)"));
    assert_eq!(state.press(Key::Enter), Effect::Mark(0, spot, is("!any")));
    let rest = test("a", vec![entry("two", "x", 1), entry("three", "y", 1)]);
    let drafts = Drafts::default().with(&PathBuf::from("x"), PathBuf::from("draft"));
    state.compared(drafts.clone(), rest, "marked as !any");
    assert_eq!((state.view.all().len(), state.view.at()), (3, (0, 0)));
    assert!(shown(&state).contains("marked as !any: one title is as expected now"));
    assert_eq!(state.view.drafts[0], drafts);
    press(&mut state, "u");
    assert_eq!((state.view.all().len(), state.view.at()), (4, (0, 0)));
    assert_eq!(state.view.drafts[0], Drafts::default());
    press(&mut state, "m");
    state.proposed(spot, Vec::new());
    assert!(shown(&state).contains("no mark fits this value"));
}

#[test]
fn the_values_of_an_item_are_gone_through_and_stay_on_the_screen() {
    let mut state = state();
    press(&mut state, "nnn");
    for value in 1..20 {
        state.press(Key::Tab);
        assert!(shown(&state).contains(&format!("> path{value} ")), "{}", shown(&state));
    }
    state.press(Key::Tab);
    assert!(shown(&state).contains("no other value"));
    for value in (0..19).rev() {
        state.press(Key::BackTab);
        assert!(shown(&state).contains(&format!("> path{value} ")), "{}", shown(&state));
    }
}

#[test]
fn whatever_the_size_no_line_is_too_wide_and_the_keys_are_in_the_last() {
    for size in [(1, 1), (10, 4), (40, 10), (80, 24), (200, 60)] {
        for keys in ["s", "nnn", "?", "aaaa", "nnnG"] {
            let mut state = state();
            state.resized(size);
            press(&mut state, keys);
            let lines = screen(&state, PLAIN);
            assert_eq!(lines.len(), size.1, "{size:?} {keys}");
            assert!(lines.iter().all(|line| width(line) <= size.0), "{size:?} {keys} {lines:#?}");
        }
    }
    let mut state = state();
    state.resized((40, 10));
    assert_eq!(screen(&state, PLAIN).last().map(String::as_str), Some("a  r  s  q  ? help"));
}

#[test]
fn without_anything_to_decide_nothing_is_written() {
    let mut state = State::new(Vec::new(), (80, 24));
    assert!(matches!(state.mode, Mode::Last));
    for key in [Key::Char('u'), Key::Char('p'), Key::Down, Key::Char('m')] {
        assert_eq!(state.press(key), Effect::Nothing);
    }
    assert_eq!(state.press(Key::Interrupt), Effect::Leave);
    assert_eq!(state.press(Key::Suspend), Effect::Suspend);
}
