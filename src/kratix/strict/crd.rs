//! A `CustomResourceDefinition`, which is what a Promise's API is.

use super::Kind::{Any, Bool, Int64, List, Map, Named, String};
use super::meta::OBJECT_META;
use super::{Kind, Struct};

/// A `CustomResourceDefinition`, whole.
pub(in crate::kratix) static CRD: Struct = Struct::v1(
    "CustomResourceDefinition",
    &[
        ("kind", String),
        ("apiVersion", String),
        ("metadata", Kind::Struct(&OBJECT_META)),
        ("spec", Kind::Struct(&CRD_SPEC)),
        ("status", Any),
    ],
);

static CRD_SPEC: Struct = Struct::v1(
    "CustomResourceDefinitionSpec",
    &[
        ("group", String),
        ("names", Kind::Struct(&CRD_NAMES)),
        ("scope", Named("v1.ResourceScope")),
        ("versions", List(&Kind::Struct(&CRD_VERSION))),
        ("conversion", Any),
        ("preserveUnknownFields", Bool),
    ],
);

static CRD_NAMES: Struct = Struct::v1(
    "CustomResourceDefinitionNames",
    &[
        ("plural", String),
        ("singular", String),
        ("shortNames", List(&String)),
        ("kind", String),
        ("listKind", String),
        ("categories", List(&String)),
    ],
);

static CRD_VERSION: Struct = Struct::v1(
    "CustomResourceDefinitionVersion",
    &[
        ("name", String),
        ("served", Bool),
        ("storage", Bool),
        ("deprecated", Bool),
        ("deprecationWarning", String),
        ("schema", Kind::Struct(&CRD_VALIDATION)),
        ("subresources", Any),
        ("additionalPrinterColumns", List(&Any)),
        ("selectableFields", List(&Any)),
    ],
);

static CRD_VALIDATION: Struct =
    Struct::v1("CustomResourceValidation", &[("openAPIV3Schema", Kind::Struct(&SCHEMA))]);

static RULE: Struct = Struct::v1(
    "ValidationRule",
    &[
        ("rule", String),
        ("message", String),
        ("messageExpression", String),
        ("reason", Named("v1.FieldValueErrorReason")),
        ("fieldPath", String),
        ("optionalOldSelf", Bool),
    ],
);

static SCHEMA: Struct = Struct::v1(
    "JSONSchemaProps",
    &[
        ("id", String),
        ("$schema", Named("v1.JSONSchemaURL")),
        ("$ref", String),
        ("description", String),
        ("type", String),
        ("format", String),
        ("title", String),
        ("default", Any),
        ("maximum", Kind::Float64),
        ("exclusiveMaximum", Bool),
        ("minimum", Kind::Float64),
        ("exclusiveMinimum", Bool),
        ("maxLength", Int64),
        ("minLength", Int64),
        ("pattern", String),
        ("maxItems", Int64),
        ("minItems", Int64),
        ("uniqueItems", Bool),
        ("multipleOf", Kind::Float64),
        ("enum", List(&Any)),
        ("maxProperties", Int64),
        ("minProperties", Int64),
        ("required", List(&String)),
        ("items", Any),
        ("allOf", List(&Kind::Struct(&SCHEMA))),
        ("oneOf", List(&Kind::Struct(&SCHEMA))),
        ("anyOf", List(&Kind::Struct(&SCHEMA))),
        ("not", Kind::Struct(&SCHEMA)),
        ("properties", Map(&Kind::Struct(&SCHEMA))),
        ("additionalProperties", Any),
        ("patternProperties", Map(&Kind::Struct(&SCHEMA))),
        ("dependencies", Any),
        ("additionalItems", Any),
        ("definitions", Any),
        ("externalDocs", Any),
        ("example", Any),
        ("nullable", Bool),
        ("x-kubernetes-preserve-unknown-fields", Bool),
        ("x-kubernetes-embedded-resource", Bool),
        ("x-kubernetes-int-or-string", Bool),
        ("x-kubernetes-list-map-keys", List(&String)),
        ("x-kubernetes-list-type", String),
        ("x-kubernetes-map-type", String),
        ("x-kubernetes-validations", List(&Kind::Struct(&RULE))),
    ],
);
