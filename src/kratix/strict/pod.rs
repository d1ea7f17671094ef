//! A Pipeline and its containers: the fields that Kratix takes, which are fewer than a pod's.

use super::Kind::{Bool, Int32, Int64, List, Map, Named, NamedMap, Quantity, String};
use super::meta::OBJECT_META;
use super::volume::VOLUME;
use super::{Kind, Struct};

/// A Pipeline, whole.
pub(in crate::kratix) static PIPELINE: Struct = Struct::kratix(
    "Pipeline",
    &[
        ("kind", String),
        ("apiVersion", String),
        ("metadata", Kind::Struct(&OBJECT_META)),
        ("spec", Kind::Struct(&PIPELINE_SPEC)),
    ],
);

static PIPELINE_SPEC: Struct = Struct::kratix(
    "PipelineSpec",
    &[
        ("containers", List(&Kind::Struct(&CONTAINER))),
        ("volumes", List(&Kind::Struct(&VOLUME))),
        ("imagePullSecrets", List(&Kind::Struct(&LOCAL_OBJECT_REFERENCE))),
        ("nodeSelector", Map(&String)),
        ("tolerations", List(&Kind::Struct(&TOLERATION))),
        ("rbac", Kind::Struct(&RBAC)),
        ("jobOptions", Kind::Struct(&JOB_OPTIONS)),
        ("restartPolicy", Named("v1.RestartPolicy")),
    ],
);

static JOB_OPTIONS: Struct = Struct::kratix("JobOptions", &[("backoffLimit", Int32)]);

static RBAC: Struct =
    Struct::kratix("RBAC", &[("serviceAccount", String), ("permissions", List(&Kind::Struct(&PERMISSION)))]);

static PERMISSION: Struct =
    Struct::kratix("Permission", &[("resourceNamespace", String)]).embedding(&[("PolicyRule", &POLICY_RULE)]);

static POLICY_RULE: Struct = Struct::v1(
    "PolicyRule",
    &[
        ("verbs", List(&String)),
        ("apiGroups", List(&String)),
        ("resources", List(&String)),
        ("resourceNames", List(&String)),
        ("nonResourceURLs", List(&String)),
    ],
);

static TOLERATION: Struct = Struct::v1(
    "Toleration",
    &[
        ("key", String),
        ("operator", Named("v1.TolerationOperator")),
        ("value", String),
        ("effect", Named("v1.TaintEffect")),
        ("tolerationSeconds", Int64),
    ],
);

static CONTAINER: Struct = Struct::kratix(
    "Container",
    &[
        ("name", String),
        ("image", String),
        ("args", List(&String)),
        ("command", List(&String)),
        ("env", List(&Kind::Struct(&ENV_VAR))),
        ("envFrom", List(&Kind::Struct(&ENV_FROM_SOURCE))),
        ("volumeMounts", List(&Kind::Struct(&VOLUME_MOUNT))),
        ("imagePullPolicy", Named("v1.PullPolicy")),
        ("securityContext", Kind::Struct(&SECURITY_CONTEXT)),
        ("resources", Kind::Struct(&RESOURCES)),
    ],
);

/// What to do instead of setting a field that a pod's container has and a pipeline's has not.
pub(super) fn instead_of(field: &str) -> Option<&'static str> {
    Some(match field {
        "workingDir" => {
            "a pipeline's container starts in its image's WORKDIR: set that, or change folder in the command"
        }
        "ports"
        | "lifecycle"
        | "livenessProbe"
        | "readinessProbe"
        | "startupProbe"
        | "stdin"
        | "tty"
        | "restartPolicy"
        | "resizePolicy"
        | "volumeDevices"
        | "terminationMessagePath" => "Kratix takes this field for no container of a pipeline: remove it",
        "initContainers" => {
            "list the container before this one in the pipeline: containers run one after another"
        }
        "serviceAccountName" | "serviceAccount" => "name the service account in spec.rbac.serviceAccount",
        _ => return None,
    })
}

pub(super) static LOCAL_OBJECT_REFERENCE: Struct = Struct::v1("LocalObjectReference", &[("name", String)]);
pub(super) const NAMED: &[(&str, &Struct)] = &[("LocalObjectReference", &LOCAL_OBJECT_REFERENCE)];

static ENV_VAR: Struct = Struct::v1(
    "EnvVar",
    &[("name", String), ("value", String), ("valueFrom", Kind::Struct(&ENV_VAR_SOURCE))],
);

static ENV_VAR_SOURCE: Struct = Struct::v1(
    "EnvVarSource",
    &[
        ("fieldRef", Kind::Struct(&FIELD_SELECTOR)),
        ("resourceFieldRef", Kind::Struct(&RESOURCE_FIELD_SELECTOR)),
        ("configMapKeyRef", Kind::Struct(&CONFIG_MAP_KEY_SELECTOR)),
        ("secretKeyRef", Kind::Struct(&SECRET_KEY_SELECTOR)),
        ("fileKeyRef", Kind::Struct(&FILE_KEY_SELECTOR)),
    ],
);

pub(super) static FIELD_SELECTOR: Struct =
    Struct::v1("ObjectFieldSelector", &[("apiVersion", String), ("fieldPath", String)]);

pub(super) static RESOURCE_FIELD_SELECTOR: Struct = Struct::v1(
    "ResourceFieldSelector",
    &[("containerName", String), ("resource", String), ("divisor", Quantity)],
);

static CONFIG_MAP_KEY_SELECTOR: Struct =
    Struct::v1("ConfigMapKeySelector", &[("key", String), ("optional", Bool)]).embedding(NAMED);

static SECRET_KEY_SELECTOR: Struct =
    Struct::v1("SecretKeySelector", &[("key", String), ("optional", Bool)]).embedding(NAMED);

static FILE_KEY_SELECTOR: Struct = Struct::v1(
    "FileKeySelector",
    &[("volumeName", String), ("path", String), ("key", String), ("optional", Bool)],
);

static ENV_FROM_SOURCE: Struct = Struct::v1(
    "EnvFromSource",
    &[
        ("prefix", String),
        ("configMapRef", Kind::Struct(&CONFIG_MAP_ENV_SOURCE)),
        ("secretRef", Kind::Struct(&SECRET_ENV_SOURCE)),
    ],
);

static CONFIG_MAP_ENV_SOURCE: Struct =
    Struct::v1("ConfigMapEnvSource", &[("optional", Bool)]).embedding(NAMED);

static SECRET_ENV_SOURCE: Struct = Struct::v1("SecretEnvSource", &[("optional", Bool)]).embedding(NAMED);

static VOLUME_MOUNT: Struct = Struct::v1(
    "VolumeMount",
    &[
        ("name", String),
        ("readOnly", Bool),
        ("recursiveReadOnly", Named("v1.RecursiveReadOnlyMode")),
        ("mountPath", String),
        ("subPath", String),
        ("mountPropagation", Named("v1.MountPropagationMode")),
        ("subPathExpr", String),
    ],
);

static RESOURCES: Struct = Struct::v1(
    "ResourceRequirements",
    &[
        ("limits", NamedMap("v1.ResourceList", &Quantity)),
        ("requests", NamedMap("v1.ResourceList", &Quantity)),
        ("claims", List(&Kind::Struct(&RESOURCE_CLAIM))),
    ],
);

static RESOURCE_CLAIM: Struct = Struct::v1("ResourceClaim", &[("name", String), ("request", String)]);

static SECURITY_CONTEXT: Struct = Struct::v1(
    "SecurityContext",
    &[
        ("capabilities", Kind::Struct(&CAPABILITIES)),
        ("privileged", Bool),
        ("seLinuxOptions", Kind::Struct(&SE_LINUX_OPTIONS)),
        ("windowsOptions", Kind::Struct(&WINDOWS_OPTIONS)),
        ("runAsUser", Int64),
        ("runAsGroup", Int64),
        ("runAsNonRoot", Bool),
        ("readOnlyRootFilesystem", Bool),
        ("allowPrivilegeEscalation", Bool),
        ("procMount", Named("v1.ProcMountType")),
        ("seccompProfile", Kind::Struct(&SECCOMP_PROFILE)),
        ("appArmorProfile", Kind::Struct(&APP_ARMOR_PROFILE)),
    ],
);

static CAPABILITIES: Struct = Struct::v1(
    "Capabilities",
    &[("add", List(&Named("v1.Capability"))), ("drop", List(&Named("v1.Capability")))],
);

static SE_LINUX_OPTIONS: Struct =
    Struct::v1("SELinuxOptions", &[("user", String), ("role", String), ("type", String), ("level", String)]);

static WINDOWS_OPTIONS: Struct = Struct::v1(
    "WindowsSecurityContextOptions",
    &[
        ("gmsaCredentialSpecName", String),
        ("gmsaCredentialSpec", String),
        ("runAsUserName", String),
        ("hostProcess", Bool),
    ],
);

static SECCOMP_PROFILE: Struct =
    Struct::v1("SeccompProfile", &[("type", Named("v1.SeccompProfileType")), ("localhostProfile", String)]);

static APP_ARMOR_PROFILE: Struct =
    Struct::v1("AppArmorProfile", &[("type", Named("v1.AppArmorProfileType")), ("localhostProfile", String)]);
