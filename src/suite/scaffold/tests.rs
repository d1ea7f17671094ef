//! What is offered for whole Promises.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::kratix::resource_object;
use crate::suite::Suite;
use crate::yaml::parse;

/// A Promise whose requests have a `spec` of this schema, and the workflows that are named.
fn promise(spec: &str, workflows: &[&str]) -> String {
    let pipeline = "{apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {name: p}, spec: {containers: [{name: c, \
                    image: 'x:1'}]}}";
    let workflow = |kind: &str| -> String {
        let actions = workflows.iter().filter_map(|workflow| workflow.strip_prefix(kind)?.strip_prefix('/'));
        let actions: Vec<String> = actions.map(|action| format!("{action}: [{pipeline}]")).collect();
        format!("{kind}: {{{}}}", actions.join(", "))
    };
    format!(
        "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nmetadata: {{name: thing}}\nspec:\n  api:\n    apiVersion: \
         apiextensions.k8s.io/v1\n    kind: CustomResourceDefinition\n    metadata: {{name: things.acme.io}}\n    spec:\n      group: \
         acme.io\n      scope: Namespaced\n      names: {{kind: Thing, plural: things, singular: thing}}\n      versions:\n      - name: \
         v1\n        served: true\n        storage: true\n        schema:\n          openAPIV3Schema: {{type: object, properties: {{spec: \
         {spec}}}}}\n  workflows: {{{}, {}}}\n",
        workflow("promise"),
        workflow("resource"),
    )
}

/// A folder with files, the first of which is the Promise.
fn folder(promise: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in [("promise.yaml", promise)].iter().chain(files) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn scaffold(folder: &tempfile::TempDir) -> Scaffold {
    let suite = Suite::load(folder.path()).expect("a suite");
    Scaffold::of(&suite.promises[0])
}

/// Name → `spec` of the request, or the settings.
fn offered(promise: &str, files: &[(&str, &str)]) -> Vec<(String, Json)> {
    let told = |offer: &Offer| {
        let file =
            offer.files.get(Path::new("input/object.yaml")).or_else(|| offer.files.get(Path::new(FILE_NAME)));
        let document = parse(&file.expect("a file").bytes).expect("YAML").remove(0).root.to_json();
        let told = document.get("spec").or_else(|| document.get("workflow")).expect("told").clone();
        (offer.name.clone(), told)
    };
    scaffold(&folder(promise, files)).offers.iter().map(told).collect()
}

fn named(offers: &[(&str, Json)]) -> Vec<(String, Json)> {
    offers.iter().map(|(name, told)| ((*name).to_owned(), told.clone())).collect()
}

const CONFIGURE: &[&str] = &["resource/configure"];

const SPEC: &str = "{type: object, required: [owner], properties: {owner: {type: string}, size: {type: string, enum: [small, large], \
                    default: small}, tier: {type: string, pattern: ^(gold|silver)$}, enableBackup: {type: boolean, default: false}, \
                    network: {type: object, required: [cidr], properties: {cidr: {type: string}}}}}";

#[test]
fn one_thing_is_otherwise_in_each_request() {
    let base = json!({"owner": "example", "size": "small", "enableBackup": false});
    let with = |name: &str, value: Json| {
        let mut spec = base.clone();
        spec[name] = value;
        spec
    };
    assert_eq!(
        offered(&promise(SPEC, CONFIGURE), &[]),
        named(&[
            ("minimal", base.clone()),
            ("size-large", with("size", json!("large"))),
            ("tier-gold", with("tier", json!("gold"))),
            ("with-backup", with("enableBackup", json!(true))),
            ("with-network", with("network", json!({"cidr": "10.0.0.0/16"}))),
            ("tier-silver", with("tier", json!("silver"))),
        ])
    );
}

#[test]
fn an_example_is_what_the_others_begin_with_and_keeps_its_comments() {
    let example = "# Mine.\napiVersion: acme.io/v1\nkind: Thing\nmetadata: {name: mine}\nspec:\n  owner: me # always\n  \
                   network: {cidr: 10.1.0.0/16}\n";
    let invalid = "apiVersion: acme.io/v1\nkind: Thing\nmetadata: {name: mine}\nspec: {}\n";
    let files = [("an-invalid.yaml", invalid), ("example.yaml", example), ("examples/same.yaml", example)];
    let folder = folder(&promise(SPEC, CONFIGURE), &files);
    let offers = scaffold(&folder).offers;
    let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
    assert_eq!(
        names,
        ["example", "size-large", "tier-gold", "with-backup", "without-network", "tier-silver"]
    );
    let text = |index: usize| {
        let file = &offers[index].files[Path::new("input/object.yaml")];
        String::from_utf8(file.bytes.clone()).expect("text")
    };
    assert_eq!(text(0), example);
    assert_eq!(text(1), example.replace("# always\n", "# always\n  size: large\n"));
    assert_eq!(offers[1].what, "spec.size is large");
    assert_eq!(text(4), example.replace("  network: {cidr: 10.1.0.0/16}\n", ""));
}

#[test]
fn every_workflow_gets_a_test() {
    let all = ["promise/configure", "promise/delete", "resource/configure", "resource/delete"];
    let spec = "{type: object, properties: {a: {type: string, default: b}}}";
    assert_eq!(
        offered(&promise(spec, &all), &[]),
        named(&[
            ("minimal", json!({"a": "b"})),
            ("resource-delete", json!({"a": "b"})),
            ("promise-configure", json!("promise/configure")),
            ("promise-delete", json!("promise/delete")),
        ])
    );
}

#[test]
fn what_is_tested_already_is_not_offered_again() {
    let request =
        |spec: &str| format!("apiVersion: acme.io/v1\nkind: Thing\nmetadata: {{name: mine}}\nspec: {spec}\n");
    let all = ["promise/configure", "resource/configure", "resource/delete"];
    let small = request("{owner: me, network: {cidr: 10.0.0.0/8}}");
    let large = request("{owner: you, size: large, tier: gold}");
    let files = [
        ("test/a/input/object.yaml", small.as_str()),
        ("test/b/input/object.yaml", large.as_str()),
        ("test/promise-configure/kratix-test.yaml", "workflow: promise/configure\n"),
        ("test/with-backup/notes", "no test"),
    ];
    let names: Vec<String> =
        offered(&promise(SPEC, &all), &files).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["with-backup-2", "tier-silver", "resource-delete"]);
}

#[test]
fn there_are_never_more_than_twelve() {
    let values: Vec<String> = (0..30).map(|number| format!("v{number}")).collect();
    let spec = format!(
        "{{type: object, properties: {{a: {{enum: [{0}], type: string}}, b: {{type: boolean}}}}}}",
        values.join(", ")
    );
    let scaffold = scaffold(&folder(&promise(&spec, CONFIGURE), &[]));
    assert_eq!((scaffold.offers.len(), scaffold.left_out), (12, 21));
    assert!(scaffold.offers.iter().any(|offer| offer.name == "without-b"));
}

#[test]
fn an_alternative_is_taken_in_place_of_another() {
    let spec = "{type: object, properties: {kind: {type: string, enum: [s3, gcs]}, bucket: {type: string}, project: {type: string}}, \
                required: [kind], oneOf: [{properties: {kind: {enum: [s3]}}, required: [bucket]}, {properties: {kind: {enum: [gcs]}}, \
                required: [project], not: {required: [bucket]}}]}";
    assert_eq!(
        offered(&promise(spec, CONFIGURE), &[])[..2],
        named(&[
            ("minimal", json!({"kind": "s3", "bucket": "example"})),
            ("kind-gcs", json!({"kind": "gcs", "project": "example"})),
        ])
    );
}

#[test]
fn a_request_that_cannot_be_made_says_what_is_missing() {
    let spec = "{type: object, required: [code], properties: {code: {type: string, description: What you were given., \
                x-kubernetes-validations: [{rule: \"self == 'xyz' + 'zy'\", message: it is secret}]}}}";
    let offers = scaffold(&folder(&promise(spec, CONFIGURE), &[])).offers;
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].what, "what the API requires: to be completed");
    let text =
        String::from_utf8(offers[0].files[Path::new("input/object.yaml")].bytes.clone()).expect("text");
    let expected = "\
# The API refuses this request as it is. Fill in what it asks for:
# - spec.code: Invalid value: \"example\": it is secret
apiVersion: acme.io/v1
kind: Thing
metadata:
  name: example
  namespace: default
spec:
  # What you were given.
  code: example
";
    assert_eq!(text, expected);
}

/// Schemas as people write them.
fn any_schema() -> impl Strategy<Value = Json> {
    let pattern = prop::sample::select(vec![
        "^[a-z]([-a-z0-9]*[a-z0-9])?$",
        "^(small|large)$",
        r"^\d{1,3}(Gi|Mi)$",
        "^v[0-9]+$",
        "[A-Z]{3}",
    ]);
    let bounds = (-50i64..50, 0i64..40, any::<bool>(), 1i64..5);
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "boolean", "default": true})),
        Just(json!({"x-kubernetes-int-or-string": true})),
        Just(json!({"type": "string", "nullable": true})),
        (0i64..30, 30i64..60).prop_map(|(least, most)| json!({"type": "string", "minLength": least, "maxLength": most})),
        pattern.prop_map(|pattern| json!({"type": "string", "pattern": pattern})),
        prop::collection::btree_set("[a-z]{1,6}", 1..4).prop_map(|values| json!({"type": "string", "enum": values})),
        prop::sample::select(vec!["date", "ipv4", "uri", "email", "uuid", "hostname"])
            .prop_map(|format| json!({"type": "string", "format": format})),
        bounds.prop_map(|(least, width, exclusive, step)| {
            let most = least + step * (width + 3);
            json!({"type": "integer", "minimum": least, "maximum": most, "exclusiveMinimum": exclusive, "multipleOf": step})
        }),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let fields = prop::collection::btree_map("[a-z]{1,5}", (inner.clone(), any::<bool>()), 0..4);
        let object = fields.prop_map(|fields| {
            let required: Vec<&String> =
                fields.iter().filter(|(_, (_, required))| *required).map(|(name, _)| name).collect();
            let properties: BTreeMap<&String, &Json> = fields.iter().map(|(name, (schema, _))| (name, schema)).collect();
            json!({"type": "object", "required": required, "properties": properties})
        });
        // One that is always there leaves no choice.
        let bare = |mut schema: Json| {
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("default");
            }
            schema
        };
        let alternatives = (inner.clone(), inner.clone()).prop_map(move |(a, b)| {
            let (a, b) = (bare(a), bare(b));
            json!({"type": "object", "properties": {"a": a, "b": b}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]})
        });
        prop_oneof![
            object,
            alternatives,
            (inner.clone(), 0usize..2).prop_map(|(items, least)| json!({"type": "array", "items": items, "minItems": least})),
            (inner, 0usize..3).prop_map(|(values, least)| {
                json!({"type": "object", "additionalProperties": values, "minProperties": least})
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_the_api_every_request_fits_it(schema in any_schema()) {
        let spec = json!({"type": "object", "required": ["field"], "properties": {"field": schema}});
        let folder = folder(&promise(&spec.to_string(), CONFIGURE), &[]);
        let suite = Suite::load(folder.path()).expect("a suite");
        let offers = Scaffold::of(&suite.promises[0]).offers;
        prop_assert!(!offers.is_empty());
        for offer in offers {
            let text = &offer.files[Path::new("input/object.yaml")].bytes;
            let document = parse(text).expect("YAML").remove(0).root;
            let taken = resource_object(&suite.promises[0].promise, WorkflowAction::Configure, &document);
            prop_assert!(taken.is_ok(), "{}: {}\n{}", offer.name, taken.expect_err("refused"), String::from_utf8_lossy(text));
        }
    }
}
