//! Sixty facts about Kratix, nearly all of them from its own tests: which test of ours holds each, or why none does.

use std::fs;
use std::path::Path;

use crate::case::root;

/// What holds a fact.
enum Held {
    /// These tests do.
    By(&'static [&'static str]),
    /// Nothing of it can be seen here.
    Nowhere(&'static str),
}

use Held::{By, Nowhere};

/// Number, subject, and what holds it.
const VECTORS: [(u8, &str, Held); 60] = [
    (
        1,
        "order of a configure Job's containers",
        By(&["nothing_survives_between_stages_but_the_volumes", "t29_names_of_containers"]),
    ),
    (
        2,
        "order of a delete Job's containers",
        By(&["a_delete_workflow_has_no_work_writer_and_no_scheduling"]),
    ),
    (3, "a pod's volumes", By(&["t30_volumes_and_mounts_of_kratix", "what_a_pipeline_is_refused_for"])),
    (
        4,
        "mounts of a container",
        By(&[
            "the_input_is_read_only_and_the_other_folders_are_fresh_and_writable_for_everyone",
            "t30_volumes_and_mounts_of_kratix",
        ]),
    ),
    (5, "twelve variables with one of the author's", By(&["one_variable_of_the_authors_makes_twelve"])),
    (6, "variables of a promise workflow", By(&["a_promise_workflow_gets_the_promise"])),
    (
        7,
        "variables of a resource workflow",
        By(&["a_resource_workflow_gets_kratixs_variables_in_their_order"]),
    ),
    (
        8,
        "arguments of the work-writer",
        Nowhere("it is a function here; what they say is in a Work's name: 33"),
    ),
    (9, "arguments with a pipelineNamespace", Nowhere("as 8; the name of the Work is in 33")),
    (10, "no security context by default", By(&["the_platforms_own_defaults_are_taken_from_its_config_map"])),
    (
        11,
        "the platform's default security context",
        By(&["the_platforms_own_defaults_are_taken_from_its_config_map"]),
    ),
    (12, "default resources", By(&["a_container_that_says_nothing_gets_the_platforms_resources"])),
    (13, "backoffLimit", Nowhere("a stage that fails is not tried again here")),
    (
        14,
        "imagePullPolicy",
        Nowhere("an image is pulled if the engine lacks it; t48 has what the policy decides"),
    ),
    (
        15,
        "ConfigMap with the Promise's selectors",
        Nowhere("no cluster holds it; the selectors themselves are in 28 and 44"),
    ),
    (16, "a pipeline of another kind", By(&["a_pipeline_of_another_kind_is_refused"])),
    (17, "two pipelines of one name", By(&["two_pipelines_of_a_workflow_need_two_names"])),
    (18, "length of names", By(&["names_may_be_60_long_together_and_not_61"])),
    (19, "unknown field of a container", By(&["an_unknown_field_of_a_container_is_refused"])),
    (20, "labels of a pipeline", By(&["labels_of_a_pipeline_must_be_labels"])),
    (21, "scope of the API", By(&["an_api_must_be_namespaced"])),
    (22, "reconciliation interval", By(&["the_reconciliation_interval_is_at_least_a_minute"])),
    (23, "selectors", By(&["vector_23_one_entry_is_read"])),
    (24, "selectors that are no list", By(&["vector_24_a_map_is_refused"])),
    (25, "selectors without labels", By(&["vector_25_an_entry_without_labels_is_refused"])),
    (26, "two entries for a directory", By(&["vector_26_two_entries_for_a_directory_are_refused"])),
    (27, "a sub-directory", By(&["vector_27_a_sub_directory_is_refused"])),
    (28, "groups of a Work", By(&["vector_28_directories_have_groups_and_the_rest_is_the_default_one"])),
    (29, "an empty default group", By(&["vector_29_without_files_there_is_no_default_group"])),
    (
        30,
        "the Work of a promise workflow",
        By(&["vector_30_a_promise_workflow_is_the_source_of_its_selectors"]),
    ),
    (
        31,
        "suspend",
        By(&["vector_31_suspend_suspends", "vectors_31_and_32_a_suspended_pipeline_schedules_nothing"]),
    ),
    (
        32,
        "retryAfter",
        By(&[
            "vector_32_retry_after_suspends_even_with_suspend_false",
            "vectors_31_and_32_a_suspended_pipeline_schedules_nothing",
        ]),
    ),
    (33, "name of a Work", By(&["vector_33_a_work_is_named_after_promise_request_and_pipeline"])),
    (34, "merge of the status", By(&["vector_34_keys_are_replaced_and_conditions_merged_by_type"])),
    (35, "keys of a Promise's status", By(&["vector_35_a_promise_workflow_may_only_write_its_message"])),
    (36, "message at the end", By(&["vector_36_a_pending_message_is_replaced_at_the_end"])),
    (37, "completion", By(&["vector_37_the_last_pipeline_completes_the_workflow"])),
    (
        38,
        "a suspended pipeline's entry",
        By(&[
            "vector_38_a_suspended_pipeline_is_marked_with_message_and_generation",
            "vector_38_a_suspended_pipeline_leaves_the_message_and_still_merges",
        ]),
    ),
    (39, "count of retries", By(&["vector_39_retries_are_counted"])),
    (40, "suspension without a retry", By(&["vector_40_suspending_without_retry_forgets_the_retries"])),
    (
        41,
        "end of a suspension",
        By(&[
            "vector_41_a_suspension_is_cleared",
            "vector_41_a_status_that_does_not_list_the_pipeline_is_refused",
        ]),
    ),
    (
        42,
        "workflow-control.yaml",
        By(&["vector_42_all_fields_are_read", "vector_42_a_retry_that_is_no_duration_is_refused"]),
    ),
    (
        43,
        "object.yaml",
        By(&[
            "a_pipeline_reads_the_request_as_the_platform_would_give_it",
            "the_pipeline_reads_the_object_as_the_platform_gives_it",
        ]),
    ),
    (44, "the Promise's selectors as one map", By(&["of_two_destination_selectors_the_earlier_wins"])),
    (45, "limit on names in the API", By(&["the_storage_version_gets_a_limit_on_names"])),
    (
        46,
        "whose selector wins",
        By(&["vector_46_the_promise_wins_over_its_workflows", "vector_46_the_promises_selectors_decide"]),
    ),
    (47, "path of a Promise's files", By(&["vector_47_files_of_a_promise_are_dependencies"])),
    (48, "filepath.mode none", By(&["vector_48_files_may_lie_as_they_are_with_a_state_file"])),
    (49, "filepath.mode aggregatedYAML", By(&["vector_49_files_may_be_one_file"])),
    (50, "a failed pipeline", By(&["vector_50_a_failed_pipeline_ends_the_workflow"])),
    (51, "status from pipeline to pipeline", By(&["vector_51_the_status_follows_the_pipelines"])),
    (52, "finalizers and label", By(&["a_pipeline_reads_the_request_as_the_platform_would_give_it"])),
    (53, "names of objects", By(&["vector_53_a_name_ends_in_a_letter_or_digit_before_the_suffix"])),
    (54, "hash of a spec", Nowhere("it tells a controller what to run again; here everything always runs")),
    (55, "YAML 1.1 in labels", By(&["vector_55_values_are_read_as_yaml_1_1"])),
    (56, "directories", By(&["vector_56_directories_are_cleaned"])),
    (
        57,
        "empty files",
        By(&[
            "vector_57_an_empty_file_is_no_selectors",
            "vector_57_an_empty_file_wants_nothing",
            "vector_57_an_empty_file_asks_for_nothing",
        ]),
    ),
    (58, "nested maps", By(&["vector_58_nested_maps_are_replaced"])),
    (59, "several documents", By(&["vector_59_only_the_first_document_counts"])),
    (
        60,
        "text of the error on duplicates",
        By(&["vector_60_the_message_on_duplicates_ends_with_the_whole_list"]),
    ),
];

#[test]
fn every_vector_is_held_by_a_test_that_is_there_or_there_is_a_reason() {
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        read(&root().join(folder), &mut sources);
    }
    for (place, (number, subject, held)) in VECTORS.iter().enumerate() {
        assert_eq!(usize::from(*number), place + 1, "none is missing and none is twice");
        match held {
            By(tests) => {
                assert!(!tests.is_empty(), "{number}, {subject}, is held by nothing");
                for test in *tests {
                    assert!(
                        sources.contains(&format!("fn {test}()")),
                        "{number}, {subject}: there is no test {test}"
                    );
                }
            }
            Nowhere(reason) => {
                assert!(!reason.is_empty(), "{number}, {subject}, is missing without a reason");
            }
        }
    }
    // The other way round: no test speaks of a number that is held elsewhere.
    for (number, subject, held) in &VECTORS {
        let prefix = format!("fn vector_{number}_");
        let listed = |name: &str| matches!(held, By(tests) if tests.contains(&name));
        for at in sources.match_indices(&prefix).map(|(at, _)| at) {
            let name = sources[at + 3..].split('(').next().expect("a name");
            assert!(listed(name), "{number}, {subject}: {name} is not in the table");
        }
    }
}

/// The text of every source file below a folder, but this one.
fn read(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("vectors.rs")
        {
            sources.push_str(&fs::read_to_string(&path).expect("a source"));
        }
    }
}
