//! The traps of `/kratix/output` and `destination-selectors.yaml`.

use crate::case::Case;
use crate::traps::{refused, silent, warned};

const SELECTORS: &str = "metadata/destination-selectors.yaml";

/// A stage that leaves these selectors, and whatever else this script makes.
fn selectors(text: &str, script: &str) -> Case {
    Case::stage(&format!("cat > /kratix/{SELECTORS} <<'EOF'\n{text}\nEOF\n{script}"))
}

/// A stage that leaves a file in the output, and whatever else this script makes.
fn output(script: &str) -> Case {
    Case::stage(&format!("cd /kratix/output; echo 'a: 1' > a.yaml\n{script}"))
}

#[test]
fn t11_selectors_that_are_no_list() {
    let text = "Error: work creator execution failed: invalid destination-selectors.yaml: error unmarshaling JSON: while \
                decoding JSON: json: cannot unmarshal object into Go value of type \
                []v1alpha1.WorkflowDestinationSelectors";
    refused(selectors("matchLabels: {env: dev}", ""), "KT111", text, &format!("{SELECTORS}:1:1"));
    silent(selectors("- matchLabels: {env: dev}", ""), "KT111");
}

#[test]
fn t12_an_entry_without_labels() {
    let text = "Error: work creator execution failed: invalid destination-selectors.yaml: entry with index 1 has no \
                selectors";
    let misspelt = "- matchLabels: {env: dev}\n- matchLabel: {env: prod}\n  directory: foo";
    refused(selectors(misspelt, "mkdir /kratix/output/foo"), "KT112", text, &format!("{SELECTORS}:2:3"));
    let another_case = misspelt.replace("matchLabel:", "MATCHLABELS:");
    silent(selectors(&another_case, "mkdir /kratix/output/foo"), "KT112");
}

#[test]
fn t13_two_entries_for_a_directory() {
    let make = "mkdir /kratix/output/foo /kratix/output/Foo";
    let twice = "- {matchLabels: {env: dev}, directory: foo}\n- {matchLabels: {env: x}, directory: foo/}";
    let text = "Error: work creator execution failed: duplicate entries in destination-selectors.yaml:";
    refused(selectors(twice, make), "KT113", text, &format!("{SELECTORS}:2:3"))
        .says("[{map[env:dev] foo} {map[env:x] foo}]");
    silent(selectors(&twice.replace("foo/", "Foo"), make), "KT113");
}

#[test]
fn t14_a_directory_below_another() {
    let make = "mkdir -p /kratix/output/foo/bar";
    for directory in ["foo/bar", "/foo"] {
        let text = format!(
            "Error: work creator execution failed: invalid directory in destination-selectors.yaml: {directory}, \
             sub-directories are not allowed"
        );
        let yaml = format!("- matchLabels: {{env: dev}}\n  directory: {directory}");
        refused(selectors(&yaml, make), "KT114", &text, &format!("{SELECTORS}:2:14"));
    }
    silent(selectors("- {matchLabels: {env: dev}, directory: ./foo//}", make), "KT114");
}

#[test]
fn t15_a_directory_that_is_not_there() {
    let yaml = "- matchLabels: {env: dev}\n  directory: foo";
    let text =
        "Error: work creator execution failed: open /work-creator-files/input/foo: no such file or directory";
    refused(selectors(yaml, ""), "KT115", text, &format!("{SELECTORS}:2:14"));
    let text = "/work-creator-files/input/foo: not a directory";
    refused(selectors(yaml, "touch /kratix/output/foo"), "KT115", text, &format!("{SELECTORS}:2:14"));
    silent(selectors(yaml, "mkdir /kratix/output/foo"), "KT115");
}

#[test]
fn t16_files_that_kratix_cannot_read() {
    let text =
        "Error: work creator execution failed: open /work-creator-files/input/a.yaml: permission denied";
    refused(output("chmod 600 a.yaml"), "KT116", text, "results/request.yaml/output");
    let text = "open /work-creator-files/input/d: permission denied";
    refused(output("mkdir -m 700 d; echo 'b: 1' > d/b.yaml"), "KT116", text, "results/request.yaml/output");
    let text = "Error: failed to load incoming status: failed to read status file: open \
                /work-creator-files/metadata/status.yaml: permission denied";
    let status = "umask 077; echo 'a: 1' > /kratix/metadata/status.yaml";
    refused(status, "KT116", text, "metadata/status.yaml");
    let text = "open /work-creator-files/input: permission denied";
    refused(output("chmod 700 /kratix/output"), "KT116", text, "results/request.yaml/output");
    let text = "Kratix passes over /kratix/metadata/status.yaml: stat /work-creator-files/metadata/status.yaml: \
                permission denied";
    let status = "echo 'a: 1' > /kratix/metadata/status.yaml; chmod 700 /kratix/metadata";
    refused(status, "KT116", text, "results/request.yaml/metadata");
    silent("chmod 755 /kratix/output /kratix/metadata", "KT116");
    silent(
        output("chown 65532 a.yaml; chmod 400 a.yaml; mkdir -m 755 d; touch d/b.yaml; chmod 644 d/b.yaml"),
        "KT116",
    );
}

#[test]
fn t17_links_that_lead_nowhere() {
    let text = "open /work-creator-files/input/x: no such file or directory";
    refused(output("ln -s /kratix/output/a.yaml x"), "KT117", text, "results/request.yaml/output");
    let text = "Error: work creator execution failed: read /work-creator-files/input/x: is a directory";
    refused(output("mkdir d; ln -s d x"), "KT117", text, "results/request.yaml/output");
    silent(output("mkdir d; ln -s ../a.yaml d/x.yaml"), "KT117");
}

#[test]
fn t34_output_of_a_delete_pipeline() {
    let deletes = |script| {
        let case = Case::pipelines(&[("resource/delete", &[("close", script)])]).test("resource-delete");
        case.run(&["run", "--update"]).exits(0);
        case
    };
    let text = "Kratix ignores what a delete pipeline schedules: 1 file in /kratix/output";
    let place = "results/resource-delete/output";
    warned(deletes("echo 'a: 1' > /kratix/output/a.yaml"), "KT134", text, place);
    silent(deletes("echo 'a: 1' > /kratix/metadata/status.yaml"), "KT134");
}

#[test]
fn t36_names_that_kratix_does_not_read() {
    let text = "Kratix does not read /kratix/metadata/status.yml: it reads /kratix/metadata/status.yaml";
    let script = "cd /kratix/metadata; mkdir sub; for name in status.yml destination_selectors.yaml sub/status.yaml; do
echo 'a: 1' > $name; done";
    warned(script, "KT136", text, "metadata/status.yml")
        .says("/kratix/metadata/destination_selectors.yaml: it reads /kratix/metadata/destination-selectors.yaml")
        .says("/kratix/metadata/sub/status.yaml: it reads /kratix/metadata/status.yaml");
    let text = "Kratix reads only the first YAML document of status.yaml";
    warned(
        "printf 'a: 1\\n---\\nb: 1\\n' > /kratix/metadata/status.yaml",
        "KT136",
        text,
        "metadata/status.yaml:3:1",
    );
    silent(
        "printf -- '---\\na: 1\\n' | tee /kratix/metadata/status.yaml > /kratix/metadata/notes.yaml",
        "KT136",
    );
}

#[test]
fn t37_selectors_that_are_no_labels() {
    let text = "Failed to schedule or update for workloadGroups: [5058f1af8388633f609cadb75a75dc9d]";
    let file = "echo 'a: 1' > /kratix/output/a.yaml";
    let labels = "- matchLabels: {env: two words, '': dev}";
    refused(selectors(labels, file), "KT137", text, &format!("{SELECTORS}:1:"));
    // The request waits for it for ever.
    selectors(labels, file)
        .run(&["run", "-v"])
        .says("reason: WorksPending")
        .does_not_say("reason: WorksSucceeded");
    silent(selectors("- matchLabels: {example.com/env: two_words.2}", file), "KT137");
}

#[test]
fn t38_a_selector_that_the_promise_has_too() {
    let promise = |value: &str| {
        let case = selectors("- matchLabels: {env: dev}", "echo 'a: 1' > /kratix/output/a.yaml");
        let selectors = format!("spec:\n  destinationSelectors:\n  - matchLabels: {{env: {value}}}\n  api:");
        case.edit("promise.yaml", "spec:\n  api:", &selectors)
    };
    let text = "Kratix schedules to Destinations with env=prod: spec.destinationSelectors of the Promise wins over env=dev";
    warned(promise("prod"), "KT138", text, &format!("{SELECTORS}:1:17"));
    silent(promise("dev"), "KT138");
}

#[test]
fn t39_selectors_that_match_no_destination() {
    let with = |labels: &str| {
        let destination = format!(
            "apiVersion: platform.kratix.io/v1alpha1\nkind: Destination\nmetadata:\n  name: worker\n  labels: \
             {{{labels}}}\nspec: {{path: worker, stateStoreRef: {{name: default, kind: BucketStateStore}}}}\n"
        );
        let case = selectors("- matchLabels: {env: dev}", "echo 'a: 1' > /kratix/output/a.yaml");
        case.file("cluster/destinations.yaml", &destination)
            .file("kratix-test.yaml", "destinations: cluster/destinations.yaml\n")
    };
    let text = "No matching destination found for workloadGroups: [5058f1af8388633f609cadb75a75dc9d]";
    refused(with("env: prod"), "KT139", text, "hint: ");
    silent(with("env: dev, zone: a"), "KT139");
}

#[test]
fn t40_output_that_is_too_large() {
    let random = |size: &str| format!("head -c {size} /dev/urandom > /kratix/output/a.bin");
    let text = "Error: work creator execution failed: etcdserver: request is too large";
    refused(random("1400k").as_str(), "KT140", text, "results/request.yaml/output");
    let text = "Error: work creator execution failed: Request entity too large: limit is 3145728";
    refused(random("3m").as_str(), "KT140", text, "results/request.yaml/output");
    warned(random("1m").as_str(), "KT140", "a cluster stores 1572864 at most", "results/request.yaml/output");
    silent(random("600k").as_str(), "KT140");
    // What counts is what it takes when it is packed.
    silent("head -c 4m /dev/zero > /kratix/output/a.bin", "KT140");
}

#[test]
fn t46_files_that_are_no_manifests() {
    let text = "Kratix ships every file in /kratix/output, these too:";
    warned(output("mkdir .git; touch .git/config notes.txt"), "KT146", text, "results/request.yaml/output")
        .says(".git/ (1 file)")
        .says("notes.txt");
    silent(output("echo '{}' > b.json; mkdir d; echo 'c: 1' > d/c.yml"), "KT146");
}
