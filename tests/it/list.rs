//! `list`: tests, pipelines, stages, images and where each is built.

use crate::case::Case;

#[test]
fn tests_pipelines_stages_and_images_are_listed() {
    let ran = Case::fixture("elastic-cloud").run(&["list"]).exits(0);
    for text in [
        "elastic-cloud",
        "with-data-collection",
        "without",
        "resource/configure",
        "resource-configure",
        "pipeline-stage-0",
        "kratix-workshop/elastic-pipeline:dev",
        "pipeline/Dockerfile",
    ] {
        assert!(ran.stdout.contains(text), "no {text:?} in\n{}", ran.stdout);
    }
}

#[test]
fn the_list_is_json_for_scripts() {
    let ran = Case::fixture("elastic-cloud").run(&["list", "--format", "json"]).exits(0);
    let list: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one JSON object");
    let promise = &list["promises"][0];
    assert_eq!(promise["name"], "elastic-cloud");
    assert_eq!(promise["tests"][1]["name"], "without");
    assert_eq!(promise["tests"][1]["workflow"], "resource/configure");
    assert_eq!(promise["images"][0]["reference"], "kratix-workshop/elastic-pipeline:dev");
    assert_eq!(promise["images"][0]["dockerfile"], "pipeline/Dockerfile");
}

#[test]
fn a_list_needs_no_engine() {
    Case::script("true").test("a").env("DOCKER_HOST", "unix:///nowhere").run(&["list"]).exits(0);
}
