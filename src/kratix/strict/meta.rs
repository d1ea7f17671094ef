//! `metadata`, as every Kubernetes object has it.

use super::Kind::{Any, Bool, Int64, List, Map, Named, String, Time};
use super::{Kind, Struct};

/// An object of which only `metadata` is looked at.
pub(in crate::kratix) static OBJECT: Struct =
    Struct::v1("Object", &[("metadata", Kind::Struct(&OBJECT_META))]);

pub(super) static OBJECT_META: Struct = Struct::v1(
    "ObjectMeta",
    &[
        ("name", String),
        ("generateName", String),
        ("namespace", String),
        ("selfLink", String),
        ("uid", Named("types.UID")),
        ("resourceVersion", String),
        ("generation", Int64),
        ("creationTimestamp", Time),
        ("deletionTimestamp", Time),
        ("deletionGracePeriodSeconds", Int64),
        ("labels", Map(&String)),
        ("annotations", Map(&String)),
        ("ownerReferences", List(&Kind::Struct(&OWNER_REFERENCE))),
        ("finalizers", List(&String)),
        ("managedFields", List(&Kind::Struct(&MANAGED_FIELDS))),
    ],
);

static OWNER_REFERENCE: Struct = Struct::v1(
    "OwnerReference",
    &[
        ("apiVersion", String),
        ("kind", String),
        ("name", String),
        ("uid", Named("types.UID")),
        ("controller", Bool),
        ("blockOwnerDeletion", Bool),
    ],
);

static MANAGED_FIELDS: Struct = Struct::v1(
    "ManagedFieldsEntry",
    &[
        ("manager", String),
        ("operation", Named("v1.ManagedFieldsOperationType")),
        ("apiVersion", String),
        ("time", Time),
        ("fieldsType", String),
        ("fieldsV1", Any),
        ("subresource", String),
    ],
);

pub(super) static LABEL_SELECTOR: Struct = Struct::v1(
    "LabelSelector",
    &[("matchLabels", Map(&String)), ("matchExpressions", List(&Kind::Struct(&LABEL_SELECTOR_REQUIREMENT)))],
);

static LABEL_SELECTOR_REQUIREMENT: Struct = Struct::v1(
    "LabelSelectorRequirement",
    &[("key", String), ("operator", Named("v1.LabelSelectorOperator")), ("values", List(&String))],
);
