//! A kill at any moment of storing: every file is the old one or the new one, and nothing is left for long.

use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::case::Case;

const FILES: usize = 150;
const KILLS: u32 = 16;
const RECORD: &str = ".kratix-test/results/a/record.json";

#[test]
fn a_killed_accept_leaves_each_file_old_or_new_and_nothing_else() {
    let script = format!("for n in $(seq {FILES}); do echo \"v: new\" > /kratix/output/$n.yaml; done");
    let mut case = Case::stage(&script).test("a");
    for number in 1..=FILES {
        case = case.file(&format!("test/a/output/{number}.yaml"), "v: old # mine\n");
    }
    case.run(&["run"]).exits(1);
    let old = case.snapshot("test/a/output");
    let record = case.read(RECORD);
    let start = Instant::now();
    case.run(&["accept"]).exits(0);
    let whole = start.elapsed();
    let new = case.snapshot("test/a/output");
    assert_eq!((old.len(), new.len()), (FILES, FILES));
    let (mut between, mut unfinished) = (0, 0);
    for kill in 0..KILLS {
        for (path, text) in &old {
            fs::write(path, text).expect("written");
        }
        fs::write(case.path().join(RECORD), &record).expect("written");
        let mut child = case.start(&["accept"]);
        // Reading and comparing take the first part of the time.
        kill_after(&mut child, whole.mul_f64(0.4 + 0.7 * f64::from(kill) / f64::from(KILLS)));
        let now = case.snapshot("test/a/output");
        assert_eq!(now.len(), FILES, "nothing is left among what is expected");
        for ((now, old), new) in now.iter().zip(&old).zip(&new) {
            assert!(now == old || now == new, "{}: {}", now.0.display(), String::from_utf8_lossy(&now.1));
        }
        between += usize::from(now != old && now != new);
        unfinished += usize::from(!left_unfinished(&case).is_empty());
    }
    assert!(between + unfinished > 0, "no kill came while it wrote");
    case.run(&["run", "--update"]).exits(0);
    assert_eq!(left_unfinished(&case), Vec::<String>::new());
    assert_eq!(case.snapshot("test/a/output"), new);
}

fn kill_after(child: &mut Child, time: Duration) {
    sleep(time);
    child.kill().expect("killed, or ended");
    child.wait().expect("a child");
}

/// What is hidden in the folder of the test.
fn left_unfinished(case: &Case) -> Vec<String> {
    let entries = fs::read_dir(case.path().join("test/a")).expect("a folder").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.')).collect()
}
