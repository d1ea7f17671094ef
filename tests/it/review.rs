//! `review` at a terminal: every key, and what it leaves on disk.

use rustix::process::Signal;

use crate::case::Case;
use crate::pty::Pty;

/// Two objects in one file, a value, and one that varies.
const SCRIPT: &str = "cat > /kratix/output/two.yaml <<EOF
{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: '1'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: two}, data: {b: '1', c: '1'}}
EOF
echo 'c: 1' > /kratix/output/c.yaml
echo \"at: $(date -u +%Y-%m-%dT%H:%M:%SZ)\" > /kratix/output/when.yaml";

const TWO: &str = "# first
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
data: {a: '0'} # one
---
# second
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
data: {b: '0', c: '0'} # two
";

/// A test of which four things are pending: c.yaml, both objects of two.yaml, and when.yaml.
fn pending() -> Case {
    let case = Case::stage(SCRIPT)
        .test("a")
        .file("test/a/output/c.yaml", "# mine\nc: 0\n")
        .file("test/a/output/two.yaml", TWO)
        .file("test/a/output/when.yaml", "at: 2020-01-01T00:00:00Z # the time\n");
    case.run(&["run"]).exits(1);
    case
}

fn reviewed(case: &Case) -> Pty {
    let mut pty = case.at_terminal(&["review"]);
    pty.shows("1/4").shows("output/c.yaml").shows("a accept  r reject  s skip");
    pty
}

/// What is pending, as scripts see it.
fn pending_files(case: &Case) -> Vec<String> {
    let ran = case.run(&["review", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let differences = json["tests"][0]["differences"].as_array().cloned().unwrap_or_default();
    let mut files: Vec<String> =
        differences.iter().map(|one| one["file"].as_str().expect("a file").to_owned()).collect();
    files.dedup();
    files
}

#[test]
fn one_document_is_accepted_and_what_was_not_decided_stays_pending() {
    let case = pending();
    let mut pty = reviewed(&case);
    pty.types("s").shows("2/4").shows("ConfigMap one").types("a").shows("3/4").shows("1 accepted");
    pty.types("q");
    pty.ends().exits(0).says("changed test/a/output/two.yaml").says("a: 3 items stay pending");
    assert_eq!(case.read("test/a/output/two.yaml"), TWO.replace("{a: '0'}", "{a: '1'}"));
    assert_eq!(case.read("test/a/output/c.yaml"), "# mine\nc: 0\n");
    assert_eq!(pending_files(&case), ["output/c.yaml", "output/two.yaml", "output/when.yaml"]);
    case.run(&["accept", "a"]).exits(0).says("changed test/a/output/c.yaml");
    assert_eq!(case.read("test/a/output/two.yaml"), TWO.replace("'0'", "'1'"));
    case.run(&["accept", "a"]).exits(0).says("nothing to accept");
}

#[test]
fn what_is_rejected_leaves_every_byte_as_it_was_and_is_not_offered_again() {
    let case = pending();
    let before = case.snapshot("test");
    let mut pty = reviewed(&case);
    pty.types("r").shows("2/4").types("r").shows("3/4").types("r").shows("4/4").types("r");
    pty.shows("Everything is decided").shows("4 rejected").shows("reject  output/c.yaml").types("\r");
    pty.ends().exits(0).says("Rejected 4 items of a");
    assert_eq!(case.snapshot("test"), before);
    let mut pty = case.at_terminal(&["review"]);
    pty.shows("Nothing is pending");
    pty.ends().exits(0);
    case.run(&["accept", "a"]).exits(0).says("nothing to accept");
    case.run(&["run"]).exits(1);
    let mut pty = reviewed(&case);
    pty.types("r").shows("2/4").types("q");
    pty.ends().exits(0).says("Rejected 1 item of a").says("a: 3 items stay pending");
    case.run(&["accept"]).exits(0);
    assert_eq!(case.read("test/a/output/c.yaml"), "# mine\nc: 0\n");
    assert_eq!(case.read("test/a/output/two.yaml"), TWO.replace("'0'", "'1'"));
}

#[test]
fn every_decision_is_undone_and_ctrl_c_writes_nothing() {
    let case = pending();
    let before = case.snapshot(".");
    let mut pty = reviewed(&case);
    pty.types("a").shows("2/4").types("r").shows("3/4").types("f").shows("4/4").shows("2 accepted");
    pty.types("s").shows("Everything is decided").shows("change  test/a/output/c.yaml").types("?");
    pty.shows("undo, as often as you like").types("x").shows("Everything is decided");
    for place in ["4/4", "3/4", "2/4", "1/4"] {
        pty.types("u").shows(place).shows("undone");
    }
    pty.shows("4 to decide").types("u").shows("there is nothing to undo");
    pty.types("y").shows("2/4").types("\x03");
    pty.ends().exits(130).says("nothing is written, and all of it stays pending");
    assert_eq!(case.snapshot("."), before);
    let mut pty = reviewed(&case);
    pty.types("q");
    pty.ends().exits(0).says("Nothing was decided");
}

#[test]
fn all_of_a_file_and_all_of_a_test_are_accepted_by_one_key() {
    let case = pending();
    let mut pty = reviewed(&case);
    pty.types("n").shows("2/4").types("f").shows("4/4").shows("2 accepted").types("t");
    pty.shows("Everything is decided").shows("change  test/a/output/when.yaml").types("p").shows("4/4");
    pty.types("n").shows("Return write it").types("\r");
    pty.ends().exits(0).says("changed test/a/output/c.yaml").says("changed test/a/output/when.yaml");
    assert_eq!(case.read("test/a/output/two.yaml"), TWO.replace("'0'", "'1'"));
    assert!(pending_files(&case).is_empty());
}

#[test]
fn a_value_is_marked_as_one_that_varies() {
    let case = pending();
    let mut pty = reviewed(&case);
    pty.types("\x1b[C").shows("2/4").types("nn").shows("4/4").shows("> at");
    pty.types("m").shows("mark as !timestamp").types("m").shows("mark as !regex").types("\x1b[Z");
    pty.shows("mark as !timestamp").types("\x1b").shows("a accept").types("m").shows("mark as !timestamp");
    pty.types("\r").shows("is as expected now").shows("1/3");
    pty.types("u")
        .shows("4/4")
        .types("m\r")
        .shows("1/3")
        .types("t")
        .shows("Everything is decided")
        .types("y");
    pty.ends().exits(0).says("changed test/a/output/when.yaml");
    assert_eq!(case.read("test/a/output/when.yaml"), "at: !timestamp # the time\n");
    case.run(&["run"]).exits(0);
}

#[test]
fn the_value_at_the_cursor_is_the_one_that_is_marked() {
    let case = pending();
    let mut pty = reviewed(&case);
    pty.types("nn").shows("3/4").shows("> data.b").types("\t").shows("> data.c").types("\t");
    pty.shows("no other value").types("m").shows("mark as ").types("\r").shows("still differs");
    pty.hides("data.c  test").shows("> data.b").types("a").shows("4/4").types("q");
    pty.ends().exits(0);
    let two = case.read("test/a/output/two.yaml");
    let marked = two.lines().last().expect("a line");
    assert!(marked.starts_with("data: {b: '1', c: !") && marked.ends_with("} # two"), "{marked}");
    assert!(two.starts_with(TWO.split("---").next().expect("a document")), "{two}");
}

#[test]
fn the_expected_file_is_edited_and_compared_anew() {
    let case = pending()
        .file("good.sh", "sed -i 's/c: 0/c: 1 # by hand/' \"$2\"\n")
        .env("EDITOR", "sh ./$SCRIPT.sh --wait");
    let before = case.snapshot("test");
    let case = case.env("SCRIPT", "good");
    let mut pty = reviewed(&case);
    pty.types("e").shows("is as expected now").shows("1/3").types("q");
    pty.ends().exits(0).says("changed test/a/output/c.yaml").says("3 items stay pending");
    assert_eq!(case.read("test/a/output/c.yaml"), "# mine\nc: 1 # by hand\n");
    let bad = pending().file("bad.sh", "echo 'c: !regexp x' > \"$1\"\n").env("VISUAL", "sh bad.sh");
    let mut pty = reviewed(&bad);
    pty.types("e").shows("it cannot be used").shows("1/4").types("q");
    pty.ends().exits(0).says("Nothing was decided");
    let failing = bad.env("VISUAL", "false");
    let mut pty = reviewed(&failing);
    pty.types("e").shows("false failed, and nothing is changed").types("q");
    pty.ends().exits(0);
    let idle = failing.env("VISUAL", "true");
    let mut pty = reviewed(&idle);
    pty.types("e").shows("nothing was changed").types("q");
    pty.ends().exits(0);
    let after = idle.snapshot("test");
    let texts = |files: &[(std::path::PathBuf, Vec<u8>)]| -> Vec<Vec<u8>> {
        files.iter().map(|(_, text)| text.clone()).collect()
    };
    assert_eq!(texts(&after), texts(&before));
}

#[test]
fn long_pages_scroll_and_a_small_terminal_will_do() {
    let lines = "seq 1 60 | sed 's/^/- line /' > /kratix/output/long.yaml";
    let case = Case::stage(lines).test("a").file("test/a/output/other.yaml", "[]\n");
    case.run(&["run"]).exits(1);
    let mut pty = case.at_terminal_of((40, 10), &["review"]);
    pty.shows("1/2").shows("a  r  s  q  ? help").types("G").shows("- line 60").types("g").shows("lines 1-6");
    for (key, top) in [
        ("j", "lines 2-"),
        ("\x1b[B", "lines 3-"),
        ("k", "lines 2-"),
        ("\x1b[A", "lines 1-"),
        (" ", "lines 6-"),
        ("\x1b[6~", "lines 11-"),
        ("b", "lines 6-"),
        ("\x1b[5~", "lines 1-"),
        ("\x1b[F", "- line 60"),
        ("\x1b[H", "lines 1-"),
    ] {
        pty.types(key).shows(top);
    }
    pty.resizes(80, 40).shows("a accept  r reject").types("?").shows("accept all of this test").types("?");
    pty.types("\x1b[C").shows("2/2").types("n").shows("this is the last item").types("\x1b[D").shows("1/2");
    pty.types("p").shows("this is the first item").types("m").shows("can be marked").types("q");
    pty.ends().exits(0);
}

#[test]
fn a_new_test_is_one_item_for_each_file() {
    let case =
        Case::stage("echo 'a: 1' > /kratix/output/a.yaml; echo 'b: 1' > /kratix/output/b.yaml").test("a");
    case.run(&["run"]).exits(1).says("NEW   a");
    let mut pty = case.at_terminal(&["review"]);
    pty.shows("1/2").shows("output/a.yaml").types("a").shows("2/2").types("q");
    pty.ends().exits(0).says("created test/a/output/a.yaml").says("a: 1 item stays pending");
    assert!(!case.exists("test/a/output/b.yaml"));
    let mut pty = case.at_terminal(&["review"]);
    pty.shows("1/1").shows("output/b.yaml").types("t").shows("create  test/a/output/b.yaml").types("\r");
    pty.ends().exits(0).says("created test/a/output/b.yaml");
    case.run(&["run"]).exits(0);
}

#[test]
fn an_example_becomes_a_test_as_a_whole() {
    let case = Case::stage("echo 'a: 1' > /kratix/output/a.yaml; echo 'b: 1' > /kratix/output/b.yaml");
    case.run(&["run"]).exits(0);
    let mut pty = case.at_terminal(&["review"]);
    pty.shows("1/1")
        .shows("output/a.yaml")
        .shows("output/b.yaml")
        .types("a")
        .shows("Everything is decided")
        .types("\r");
    pty.ends()
        .exits(0)
        .says("created test/request/input/object.yaml")
        .says("created test/request/output/b.yaml");
    case.run(&["run"]).exits(0).says("PASS  request");
}

#[test]
fn what_cannot_be_accepted_is_shown_with_why_and_can_be_dropped() {
    let case = pending().edit("test/a/input/object.yaml", "replicas: 2", "replicas: 3");
    let before = case.snapshot("test");
    let mut pty = case.at_terminal(&["review"]);
    pty.shows("1/1").shows("other than it was is the request").shows("kratix-test run a").types("a");
    pty.shows("it cannot be accepted")
        .types("e")
        .shows("no expected file")
        .types("r")
        .shows("Everything")
        .types("\r");
    pty.ends().exits(0).says("Rejected 1 item of a");
    case.run(&["accept", "a"]).exits(0).says("nothing to accept");
    assert_eq!(case.snapshot("test"), before);
}

#[test]
fn secrets_are_masked() {
    let case = Case::stage("echo \"a: $TOKEN\" > /kratix/output/a.yaml")
        .test("a")
        .file("kratix-test.yaml", "env: {TOKEN: {from: TOKEN}}\n")
        .file("test/a/output/a.yaml", "a: old\n")
        .env("TOKEN", "hunter2-hunter2");
    case.run(&["run"]).exits(1);
    let mut pty = case.at_terminal(&["review"]);
    pty.shows("<masked>").types("a").shows("Everything is decided").types("\r");
    pty.ends().exits(0).does_not_say("hunter2");
    assert_eq!(case.read("test/a/output/a.yaml"), "a: hunter2-hunter2\n");
}

#[test]
fn a_signal_gives_the_terminal_back_and_writes_nothing() {
    let case = pending();
    let before = case.snapshot("test");
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut pty = reviewed(&case);
        assert!(pty.has_taken_the_screen());
        pty.types("a").shows("2/4").signals(signal).shows("nothing is written");
        assert!(!pty.has_taken_the_screen());
        pty.ends().exits(130);
    }
    assert_eq!(case.snapshot("test"), before);
}

#[test]
fn without_a_terminal_or_with_a_format_it_is_printed() {
    let case = pending();
    case.run(&["review"]).exits(0).says("FAIL  a").says("kratix-test accept a");
    let mut pty = case.at_terminal(&["review", "--format", "text"]);
    pty.shows("kratix-test accept a");
    assert!(!pty.has_taken_the_screen());
    pty.ends().exits(0);
    let case = case.env("CI", "true");
    let mut pty = case.at_terminal(&["review"]);
    pty.shows("kratix-test accept a");
    pty.ends().exits(0);
}
