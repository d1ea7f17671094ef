//! Every fixture passes as it is committed.

use crate::case::{Case, root};

#[test]
fn every_fixture_passes_and_has_nothing_to_check() {
    let folders = std::fs::read_dir(root().join("fixtures")).expect("fixtures").flatten();
    let promises: Vec<_> = folders.filter(|folder| folder.path().join("promise.yaml").is_file()).collect();
    assert!(promises.len() >= 5);
    for promise in promises {
        let name = promise.file_name();
        let case = Case::fixture(name.to_str().expect("a plain name"));
        case.run(&["check"]).exits(0).does_not_say("KT");
        let before = case.snapshot("test");
        case.run(&["run", "--idempotent"]).exits(0).does_not_say("KT");
        assert_eq!(case.snapshot("test"), before, "nothing under test/ is touched");
    }
}
