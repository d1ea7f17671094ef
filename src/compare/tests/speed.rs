//! What `benches/compare` measures, in a process of its own for each measurement: time, and the most memory held.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::{Rules, compare};
use crate::tree::{Tree, scan};
use crate::yaml::parse;

/// Does what `SPEED` says with the folders in `SPEED_DATA`.
#[test]
#[ignore = "it measures, for benches/compare"]
fn measure() {
    let data = PathBuf::from(std::env::var_os("SPEED_DATA").expect("SPEED_DATA"));
    let (expected, actual) = (data.join("expected"), data.join("actual"));
    match std::env::var("SPEED").expect("SPEED").as_str() {
        "make-large" => make_large(&expected, &actual),
        "make-many" => make_many(&expected, &actual),
        "parse" => measured(|| [&expected, &actual].map(|folder| parsed(&scan(folder).expect("a folder")))),
        "compare" => measured(|| {
            let (expected, actual) = (scan(&expected).expect("a folder"), scan(&actual).expect("a folder"));
            let rules = Rules { marks: Some(&[]), ..Rules::default() };
            let differences = compare(&expected, &actual, &rules).expect("a comparison").differences;
            assert_eq!(differences.len(), 1);
        }),
        other => panic!("SPEED={other}"),
    }
}

fn measured<T>(work: impl FnOnce() -> T) {
    let start = Instant::now();
    let result = work();
    let elapsed = start.elapsed();
    drop(result);
    let status = fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak").trim();
    println!("measured {} {}", elapsed.as_millis(), peak.trim_end_matches(" kB"));
}

/// Every document of a folder; of many files, each in its turn.
fn parsed(tree: &Tree) -> usize {
    let files = tree.entries.keys().filter(|path| path.contains(".yaml"));
    let documents = files.map(|path| parse(&tree.read(path).expect("a file")).expect("YAML"));
    documents.map(|documents| documents.len()).sum()
}

/// Ten megabytes in one file, of 2,000 objects.
fn make_large(expected: &Path, actual: &Path) {
    let objects: Vec<String> = (0..2_000).map(|index| object(index, 52)).collect();
    write(&expected.join("all.yaml"), &objects.join("---\n"));
    write(&actual.join("all.yaml"), &objects.join("---\n").replace("replicas: 1234\n", "replicas: 4321\n"));
}

/// Ten thousand files of one small object each.
fn make_many(expected: &Path, actual: &Path) {
    for index in 0..10_000 {
        let text = object(index, 2);
        let other = text.replace("replicas: 1234\n", "replicas: 4321\n").replace("# as expected\n", "");
        write(&expected.join(format!("{:02}/{index}.yaml", index % 100)), &text);
        write(&actual.join(format!("{:02}/{index}.yaml", index % 100)), &other);
    }
}

fn object(index: usize, containers: usize) -> String {
    let mut text = format!(
        "# as expected\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{index}\n  labels:\n    app: app-{index}\nspec:\n  replicas: {index}\n  template:\n    spec:\n      containers:\n"
    );
    for container in 0..containers {
        let _ = write!(text, "      - name: c{container}\n        image: example.com/c{container}:1.2\n");
        let _ = write!(text, "        ports:\n        - containerPort: {}\n", 8000 + container);
    }
    text
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}
