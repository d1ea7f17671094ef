//! Pairs of documents: which are equal, and what is said of the others.

use super::super::file::DEEPEST;
use super::{both, changes, document, line};

/// Documents that are equal: what they show, and both texts.
const EQUAL: &[(&str, &str, &str)] = &[
    ("key order", "{a: 1, b: {c: 2, d: 3}}", "b:\n  d: 3\n  c: 2\na: 1\n"),
    ("comments and styles", "a: 'x' # why\nb: [1, 2]\n", "\"a\": x\nb:\n  - 1\n  - 2\n"),
    ("block scalars", "a: |\n  one\n  two\n", "a: \"one\\ntwo\\n\"\n"),
    ("folded scalars", "a: >-\n  one\n  two\n", "a: one two\n"),
    ("anchors", "a: &x {p: 1}\nb: *x\n", "a: {p: 1}\nb: {p: 1}\n"),
    ("merge keys", "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", "a: {p: 1, q: 2}\nb: {p: 1, q: 3}\n"),
    ("Windows line ends", "a: 1\r\nb: |\r\n  x\r\n", "a: 1\nb: |\n  x\n"),
    ("no final newline", "a: 1\n", "a: 1"),
    ("JSON", "{\"a\": [1, true, null]}", "a:\n- 1\n- true\n- null\n"),
    ("words of YAML 1.1", "a: yes\nb: off\nc: ~\n", "a: true\nb: false\nc: null\n"),
    ("notations of a number", "a: 0x1F\nb: 1_000\nc: 1e3\nd: 1.0\n", "a: 31\nb: 1000\nc: 1000\nd: 1\n"),
    ("not a number", "a: .nan\nb: .inf\n", "a: .NaN\nb: .Inf\n"),
    ("a duplicate key", "a: 1\na: 2\n", "a: 2\n"),
    ("binary data", "a: !!binary aGk=\n", "a: hi\n"),
    (
        "containers",
        "spec: {containers: [{name: a, image: x}, {name: b, image: z}]}",
        "spec: {containers: [{name: b, image: z}, {name: a, image: x}]}",
    ),
    (
        "ephemeral containers",
        "spec: {ephemeralContainers: [{name: a}, {name: b}]}",
        "spec: {ephemeralContainers: [{name: b}, {name: a}]}",
    ),
    (
        "environment",
        "env: [{name: A, value: '1'}, {name: B, value: '2'}]",
        "env: [{name: B, value: '2'}, {name: A, value: '1'}]",
    ),
    (
        "ports of a container, with the default protocol",
        "ports: [{containerPort: 53, protocol: TCP}, {containerPort: 53, protocol: UDP}]",
        "ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]",
    ),
    (
        "ports of a Service",
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: [{port: 80, name: a}, {port: 443, name: b}]}}",
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: [{port: 443, name: b}, {port: 80, name: a}]}}",
    ),
    (
        "volumes",
        "volumes: [{name: a, emptyDir: {}}, {name: b}]",
        "volumes: [{name: b}, {name: a, emptyDir: {}}]",
    ),
    (
        "volume mounts",
        "volumeMounts: [{mountPath: /a, name: v}, {mountPath: /b, name: v}]",
        "volumeMounts: [{mountPath: /b, name: v}, {mountPath: /a, name: v}]",
    ),
    (
        "volume devices",
        "volumeDevices: [{devicePath: /a}, {devicePath: /b}]",
        "volumeDevices: [{devicePath: /b}, {devicePath: /a}]",
    ),
    (
        "conditions",
        "status: {conditions: [{type: Ready, status: 'True'}, {type: Synced, status: 'True'}]}",
        "status: {conditions: [{type: Synced, status: 'True'}, {type: Ready, status: 'True'}]}",
    ),
    ("pull secrets", "imagePullSecrets: [{name: a}, {name: b}]", "imagePullSecrets: [{name: b}, {name: a}]"),
    (
        "host aliases",
        "hostAliases: [{ip: 1.1.1.1}, {ip: 2.2.2.2}]",
        "hostAliases: [{ip: 2.2.2.2}, {ip: 1.1.1.1}]",
    ),
    ("owner references", "ownerReferences: [{uid: a}, {uid: b}]", "ownerReferences: [{uid: b}, {uid: a}]"),
    (
        "topology spread constraints",
        "topologySpreadConstraints: [{topologyKey: a/b, whenUnsatisfiable: ScheduleAnyway}, {topologyKey: a/b, whenUnsatisfiable: DoNotSchedule}]",
        "topologySpreadConstraints: [{topologyKey: a/b, whenUnsatisfiable: DoNotSchedule}, {topologyKey: a/b, whenUnsatisfiable: ScheduleAnyway}]",
    ),
    ("memory", "resources: {limits: {memory: 1Gi}}", "resources: {limits: {memory: 1024Mi}}"),
    ("processors", "resources: {requests: {cpu: 500m}}", "resources: {requests: {cpu: 0.5}}"),
    ("a number as an amount", "resources: {requests: {cpu: 1}}", "resources: {requests: {cpu: '1'}}"),
    (
        "storage of a claim",
        "{kind: PersistentVolumeClaim, spec: {resources: {requests: {storage: 1Ti}}}}",
        "{kind: PersistentVolumeClaim, spec: {resources: {requests: {storage: 1024Gi}}}}",
    ),
    (
        "huge pages and devices",
        "limits: {hugepages-2Mi: 1Gi, nvidia.com/gpu: 1}",
        "limits: {hugepages-2Mi: 1024Mi, nvidia.com/gpu: '1'}",
    ),
    ("sizes of empty folders", "emptyDir: {sizeLimit: 1Gi}", "emptyDir: {sizeLimit: 1024Mi}"),
    ("capacity", "capacity: {storage: 1Gi}", "capacity: {storage: 1024Mi}"),
    (
        "a quota",
        "{apiVersion: v1, kind: ResourceQuota, spec: {hard: {requests.cpu: 1, count/pods: '10'}}}",
        "{apiVersion: v1, kind: ResourceQuota, spec: {hard: {requests.cpu: 1000m, count/pods: 10}}}",
    ),
    (
        "a limit range",
        "{apiVersion: v1, kind: LimitRange, spec: {limits: [{type: Container, max: {cpu: 2}}]}}",
        "{apiVersion: v1, kind: LimitRange, spec: {limits: [{type: Container, max: {cpu: 2000m}}]}}",
    ),
    (
        "an autoscaler",
        "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {metrics: [{pods: {target: {averageValue: 1k}}}]}}",
        "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {metrics: [{pods: {target: {averageValue: '1000'}}}]}}",
    ),
    ("no creation time", "metadata: {name: a, creationTimestamp: null}", "metadata: {name: a}"),
    (
        "no creation time in a template",
        "spec: {template: {metadata: {labels: {a: b}}}}",
        "spec: {template: {metadata: {creationTimestamp: null, labels: {a: b}}}}",
    ),
    (
        "a Secret's wrapping",
        "{apiVersion: v1, kind: Secret, data: {a: aGVsbG8=}}",
        "apiVersion: v1\nkind: Secret\ndata:\n  a: |\n    aGVs\n    bG8=\n",
    ),
    (
        "a file in a ConfigMap",
        "{apiVersion: v1, kind: ConfigMap, data: {a.yaml: '{x: 1, z: 2}', b.json: '{\"x\": 1}'}}",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n    z: 2\n    x: 1\n  b.json: |\n    {\n      \"x\": 1\n    }\n",
    ),
    (
        "list-maps in list-maps",
        "containers: [{name: a, env: [{name: X}, {name: Z}]}, {name: b}]",
        "containers: [{name: b}, {name: a, env: [{name: Z}, {name: X}]}]",
    ),
    ("an unknown tag", "a: !Ref x", "a: !Ref 'x'"),
];

/// Documents that differ: what they show, both texts, and every change.
const DIFFERENT: &[(&str, &str, &str, &[&str])] = &[
    ("a value", "spec: {replicas: 1}", "spec: {replicas: 2}", &["spec.replicas: 1 -> 2"]),
    ("a key too few", "{a: 1, b: {c: 2}}", "{a: 1}", &["b: missing {\"c\":2}"]),
    ("a key too many", "{a: 1}", "{a: 1, helm.sh/x: 2}", &["[\"helm.sh/x\"]: unexpected 2"]),
    ("yes and \"yes\"", "a: yes", "a: 'yes'", &["a: boolean true -> string \"yes\""]),
    ("80 and \"80\"", "a: 80", "a: '80'", &["a: integer 80 -> string \"80\""]),
    ("null and absent", "{a: 1, b: null}", "{a: 1}", &["b: missing null"]),
    ("empty and absent", "{a: 1, b: {}}", "{a: 1}", &["b: missing {}"]),
    ("a list for a map", "a: [1]", "a: {b: 1}", &["a: array [1] -> object {\"b\":1}"]),
    ("an integer and a fraction", "a: 1", "a: 1.5", &["a: 1 -> 1.5"]),
    ("a version that is a number", "a: 1.10", "a: '1.10'", &["a: number 1.1 -> string \"1.10\""]),
    ("a final newline in a value", "a: |\n  x\n", "a: |-\n  x\n", &["a: \"x\\n\" -> \"x\""]),
    ("the whole document", "- 1", "a: 1", &[": array [1] -> object {\"a\":1}"]),
    (
        "an image",
        "containers: [{name: a, image: x:1}, {name: b, image: z}]",
        "containers: [{name: b, image: z}, {name: a, image: x:2}]",
        &["containers[0].image: \"x:1\" -> \"x:2\""],
    ),
    (
        "a container too many",
        "containers: [{name: a, image: x, args: [q]}]",
        "containers: [{name: z, image: sidecar, args: [p]}, {name: a, image: x, args: [q]}]",
        &["containers[0]: unexpected {\"args\":[\"p\"],\"image\":\"sidecar\",\"name\":\"z\"}"],
    ),
    (
        "a renamed container",
        "containers: [{name: a, image: x, args: [q]}]",
        "containers: [{name: b, image: x, args: [q]}]",
        &["containers[0].name: \"a\" -> \"b\""],
    ),
    (
        "a variable",
        "env: [{name: A, value: '1'}, {name: B, value: '2'}]",
        "env: [{name: B, value: '3'}, {name: A, value: '1'}]",
        &["env[1].value: \"2\" -> \"3\""],
    ),
    (
        "variables that refer to others",
        "env: [{name: A, value: x}, {name: B, value: $(A)}]",
        "env: [{name: B, value: $(A)}, {name: A, value: x}]",
        &["env: reordered [\"A\",\"B\"] -> [\"B\",\"A\"]"],
    ),
    (
        "a variable that is there twice",
        "env: [{name: A, value: '1'}, {name: A, value: '2'}]",
        "env: [{name: A, value: '2'}, {name: A, value: '1'}]",
        &["env: reordered [{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"A\",\"value\":\"2\"}] -> \
            [{\"name\":\"A\",\"value\":\"2\"},{\"name\":\"A\",\"value\":\"1\"}]"],
    ),
    (
        "a container's port",
        "ports: [{containerPort: 80}, {containerPort: 443}]",
        "ports: [{containerPort: 443}, {containerPort: 8080}]",
        &["ports[0].containerPort: 80 -> 8080"],
    ),
    (
        "a port that is text",
        "ports: [{port: 80, targetPort: 80}]",
        "ports: [{port: 80, targetPort: '80'}]",
        &["ports[0].targetPort: integer 80 -> string \"80\""],
    ),
    (
        "ports of another API",
        "spec: {ports: [80, 443]}",
        "spec: {ports: [443, 80]}",
        &["spec.ports: reordered [80,443] -> [443,80]"],
    ),
    (
        "ports of another API, with names",
        "ports: [{number: 80, name: a}, {number: 443, name: b}]",
        "ports: [{number: 443, name: b}, {number: 80, name: a}]",
        &["ports: reordered [\"a\",\"b\"] -> [\"b\",\"a\"]"],
    ),
    (
        "init containers run in order",
        "initContainers: [{name: a}, {name: b}]",
        "initContainers: [{name: b}, {name: a}]",
        &["initContainers: reordered [\"a\",\"b\"] -> [\"b\",\"a\"]"],
    ),
    (
        "a Pipeline's containers run in order",
        "{apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, spec: {containers: [{name: a}, {name: b}]}}",
        "{apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, spec: {containers: [{name: b}, {name: a}]}}",
        &["spec.containers: reordered [\"a\",\"b\"] -> [\"b\",\"a\"]"],
    ),
    (
        "a reordered list that changed too",
        "steps: [{name: a, x: 1}, {name: b, x: 2}, {name: c, x: 3}]",
        "steps: [{name: c, x: 3}, {name: a, x: 1}, {name: b, x: 9}]",
        &["steps[1].x: 2 -> 9", "steps: reordered [\"a\",\"b\",\"c\"] -> [\"c\",\"a\",\"b\"]"],
    ),
    ("an argument", "args: [a, b, c]", "args: [a, x, c]", &["args[1]: \"b\" -> \"x\""]),
    ("an argument too many", "args: [a, b, c]", "args: [a, x, b, c]", &["args[1]: unexpected \"x\""]),
    ("an argument too few", "args: [a, b, c]", "args: [b, c]", &["args[0]: missing \"a\""]),
    (
        "arguments in another order",
        "args: [a, b, c]",
        "args: [c, a, b]",
        &["args: reordered [\"a\",\"b\",\"c\"] -> [\"c\",\"a\",\"b\"]"],
    ),
    ("an item more than once", "args: [a, a]", "args: [a]", &["args[1]: missing \"a\""]),
    (
        "finalizers",
        "finalizers: [a, b]",
        "finalizers: [b, a]",
        &["finalizers: reordered [\"a\",\"b\"] -> [\"b\",\"a\"]"],
    ),
    (
        "a rule too many",
        "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]",
        "rules: [{apiGroups: [apps], resources: [deployments], verbs: [list]}, {apiGroups: [''], resources: [pods], verbs: [get]}]",
        &[
            "rules[0]: unexpected {\"apiGroups\":[\"apps\"],\"resources\":[\"deployments\"],\"verbs\":[\"list\"]}",
        ],
    ),
    (
        "a rule less and another changed",
        "rules: [{resources: [a], verbs: [x]}, {resources: [b], verbs: [get, list]}]",
        "rules: [{resources: [b], verbs: [get, watch]}]",
        &[
            "rules[0]: missing {\"resources\":[\"a\"],\"verbs\":[\"x\"]}",
            "rules[1].verbs[1]: \"list\" -> \"watch\"",
        ],
    ),
    (
        "rules that have nothing in common",
        "rules: [{a: 1}, {b: 2}]",
        "rules: [{c: 3}, {d: 4}]",
        &[
            "rules[0]: missing {\"a\":1}",
            "rules[1]: missing {\"b\":2}",
            "rules[0]: unexpected {\"c\":3}",
            "rules[1]: unexpected {\"d\":4}",
        ],
    ),
    (
        "items in another order and spelling",
        "items: [{limits: {cpu: 1}}, {x: 2}]",
        "items: [{x: 2}, {limits: {cpu: 1000m}}]",
        &[
            "items: reordered [{\"limits\":{\"cpu\":1}},{\"x\":2}] -> [{\"x\":2},{\"limits\":{\"cpu\":\"1000m\"}}]",
        ],
    ),
    (
        "tolerations have an order",
        "tolerations: [{key: a}, {key: b}]",
        "tolerations: [{key: b}, {key: a}]",
        &["tolerations: reordered [{\"key\":\"a\"},{\"key\":\"b\"}] -> [{\"key\":\"b\"},{\"key\":\"a\"}]"],
    ),
    (
        "versions of a definition",
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {versions: [{name: v1, served: true}, {name: v2, served: true}]}}",
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {versions: [{name: v1, served: true}, {name: v2, served: false}]}}",
        &["spec.versions[1].served: true -> false"],
    ),
    (
        "objects in a List",
        "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: A, metadata: {name: x}, size: 1}, {apiVersion: v1, kind: B, metadata: {name: x}}]}",
        "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: A, metadata: {name: x}, size: 2}, {apiVersion: v1, kind: B, metadata: {name: x}}]}",
        &["items[0].size: 1 -> 2"],
    ),
    (
        "different amounts",
        "limits: {memory: 1Gi}",
        "limits: {memory: 1G}",
        &["limits.memory: \"1Gi\" -> \"1G\""],
    ),
    (
        "an amount in no field of amounts",
        "spec: {size: 1Gi}",
        "spec: {size: 1024Mi}",
        &["spec.size: \"1Gi\" -> \"1024Mi\""],
    ),
    (
        "limits of another API",
        "limits: {retries: 1}",
        "limits: {retries: '1'}",
        &["limits.retries: integer 1 -> string \"1\""],
    ),
    (
        "hard in another kind",
        "{kind: X, hard: {a: 1}}",
        "{kind: X, hard: {a: '1'}}",
        &["hard.a: integer 1 -> string \"1\""],
    ),
    (
        "a creation time",
        "metadata: {creationTimestamp: null}",
        "metadata: {creationTimestamp: '2026-01-01T00:00:00Z'}",
        &["metadata.creationTimestamp: unexpected \"2026-01-01T00:00:00Z\""],
    ),
    (
        "a creation time elsewhere",
        "{a: 1, spec: {creationTimestamp: null}}",
        "{a: 1, spec: {}}",
        &["spec.creationTimestamp: missing null"],
    ),
    (
        "a Secret's data",
        "{apiVersion: v1, kind: Secret, data: {a: aGVsbG8=}}",
        "{apiVersion: v1, kind: Secret, data: {a: aGVsbG9v, b: aGk=}}",
        &[
            "data.a: \"<masked, 5 bytes>\" -> \"<masked, 6 bytes>\"",
            "data.b: unexpected \"<masked, 2 bytes>\"",
        ],
    ),
    (
        "a Secret's text of the same length",
        "{apiVersion: v1, kind: Secret, stringData: {a: hunter2}}",
        "{apiVersion: v1, kind: Secret, stringData: {a: hunter3}}",
        &["stringData.a: \"<masked, 7 bytes>\" -> \"<masked, 7 other bytes>\""],
    ),
    (
        "a Secret in a Promise",
        "dependencies: [{apiVersion: v1, kind: Secret, metadata: {name: x}, stringData: {a: hunter2}}]",
        "dependencies: []",
        &[
            "dependencies[0]: missing {\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"x\"},\"stringData\":{\"a\":\"<masked, 7 bytes>\"}}",
        ],
    ),
    (
        "a Secret that became a ConfigMap",
        "{apiVersion: v1, kind: Secret, data: {a: aGVsbG8=}}",
        "{apiVersion: v1, kind: ConfigMap, data: {a: hello}}",
        &["kind: \"Secret\" -> \"ConfigMap\""],
    ),
    (
        "a value in a file in a ConfigMap",
        "{apiVersion: v1, kind: ConfigMap, data: {app.yaml: 'log: {level: info}'}}",
        "{apiVersion: v1, kind: ConfigMap, data: {app.yaml: \"log:\\n  level: debug\\n\"}}",
        &["data[\"app.yaml\"] > log.level: \"info\" -> \"debug\""],
    ),
    (
        "a Secret in a file in a ConfigMap",
        "{apiVersion: v1, kind: ConfigMap, data: {a.yaml: \"kind: Secret\\nstringData: {a: hunter2}\", b.tpl: \"kind: Secret\\na: {{1}}\"}}",
        "{apiVersion: v1, kind: ConfigMap, data: {a.yaml: \"kind: Secret\\nstringData: {a: hunter3}\", b.tpl: \"kind: Secret\\na: {{2}}\"}}",
        &[
            "data[\"a.yaml\"] > stringData.a: \"<masked, 7 bytes>\" -> \"<masked, 7 other bytes>\"",
            "data[\"b.tpl\"]: \"<masked, 21 bytes>\" -> \"<masked, 21 other bytes>\"",
        ],
    ),
    (
        "a script in a ConfigMap",
        "{apiVersion: v1, kind: ConfigMap, data: {run.sh: \"a: 1\"}}",
        "{apiVersion: v1, kind: ConfigMap, data: {run.sh: \"a:  1\"}}",
        &["data[\"run.sh\"]: \"a: 1\" -> \"a:  1\""],
    ),
    (
        "a property in a ConfigMap",
        "{apiVersion: v1, kind: ConfigMap, data: {a.properties: \"x=1\\ny=2\\n\"}}",
        "{apiVersion: v1, kind: ConfigMap, data: {a.properties: \"y = 3\\nx = 1\\n\"}}",
        &["data[\"a.properties\"] > y: \"2\" -> \"3\""],
    ),
    (
        "the data of something that is no ConfigMap",
        "data: {a.yaml: 'x: 1'}",
        "data: {a.yaml: 'x:  1'}",
        &["data[\"a.yaml\"]: \"x: 1\" -> \"x:  1\""],
    ),
    ("a tag", "a: !Ref x", "a: x", &["a: \"x\" -> \"x\""]),
    ("lists in lists", "a: [[1, 2], [3]]", "a: [[1, 2], [4]]", &["a[1][0]: 3 -> 4"]),
    ("case", "kind: Pod", "kind: pod", &["kind: \"Pod\" -> \"pod\""]),
    ("spaces", "a: 'x'", "a: 'x '", &["a: \"x\" -> \"x \""]),
];

#[test]
fn equal_documents_have_no_changes() {
    for (what, expected, actual) in EQUAL {
        for (expected, actual) in [(expected, actual), (actual, expected)] {
            let lines: Vec<String> =
                changes(&document(expected), &document(actual)).iter().map(line).collect();
            assert!(lines.is_empty(), "{what}: {lines:?}");
        }
    }
}

#[test]
fn every_change_is_reported_once_and_no_other() {
    for (what, expected, actual, said) in DIFFERENT {
        let lines: Vec<String> = changes(&document(expected), &document(actual)).iter().map(line).collect();
        assert_eq!(&lines, said, "{what}");
    }
}

#[test]
fn a_change_points_at_the_line_of_the_expected_file() {
    let expected = document("a: 1\nspec:\n  args:\n  - x\n  - w\n  b: 2\n");
    let actual = document("a: 1\nspec: {args: [new, x, z], c: 3}\n");
    let found = changes(&expected, &actual);
    let lines: Vec<(String, usize)> = found.iter().map(|change| (line(change), change.at.line)).collect();
    let said = [
        ("spec.args[0]: unexpected \"new\"", 3),
        ("spec.args[1]: \"w\" -> \"z\"", 5),
        ("spec.b: missing 2", 6),
        ("spec.c: unexpected 3", 2),
    ];
    assert_eq!(lines, said.map(|(text, line)| (text.to_owned(), line)));
    assert_eq!(found[1].actual_path.to_string(), "spec.args[2]");
}

#[test]
fn one_insertion_into_a_long_list_is_one_change() {
    let items = |skipped: &[usize]| {
        let lines = (0..30_000).filter(|item| !skipped.contains(item)).map(|item| format!("- item {item}\n"));
        document(&lines.collect::<String>())
    };
    assert_eq!(changes(&items(&[15_000]), &items(&[])).len(), 1);
    assert_eq!(changes(&items(&[]), &items(&[7])).len(), 1);
    let (left, right) = (items(&[100, 2_000]), items(&[1_000]));
    assert!(changes(&left, &right).len() >= 3);
}

#[test]
fn lists_in_lists_without_end_end() {
    let depth = DEEPEST;
    let nested = |leaf: &str| document(&format!("{}{leaf}{}", "[".repeat(depth), "]".repeat(depth)));
    let found = changes(&nested("1"), &nested("2"));
    assert_eq!(found.len(), 1);
    let maps = |leaf: &str| document(&format!("{}{leaf}{}", "{a: ".repeat(DEEPEST), "}".repeat(DEEPEST)));
    assert_eq!(changes(&maps("1"), &maps("2")).len(), 1);
    let (one, other) = both(&maps("1"), &maps("2"));
    assert_ne!(one, other);
    let twins = |leaf: &str| document(&format!("{}{leaf}{}", "[0, {a: ".repeat(60), "}, 1]".repeat(60)));
    assert_eq!(changes(&twins("x"), &twins("y")).len(), 1);
    assert!(!changes(&twins("[1, 2, 3]"), &twins("[4, {q: 3}]")).is_empty());
}
