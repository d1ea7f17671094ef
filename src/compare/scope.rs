//! What is known of a place in a document: the names that lead to it, and the object that it belongs to.

use crate::yaml::Node;

/// The annotation in which `kubectl apply` keeps a copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A place in a document, as far as comparing needs to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The key that this value stands at; none for the items of a list.
    pub(super) field: &'a str,
    /// The key above it.
    pub(super) parent: &'a str,
    /// The kind of the nearest object around.
    pub(super) kind: &'a str,
    /// How many names lead from that object to here.
    depth: usize,
    /// Whether that object is a Pipeline of Kratix, whose containers run one after the other.
    pub(super) is_pipeline: bool,
    is_secret: bool,
    /// Whether expected values may be marks.
    pub(super) marked: bool,
    pub(super) privacy: Privacy,
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Privacy {
    Open,
    /// A secret in clear.
    Plain,
    /// A secret in base64.
    Encoded,
}

impl<'a> Scope<'a> {
    /// The root of a document.
    pub(super) fn root() -> Self {
        Self {
            field: "",
            parent: "",
            kind: "",
            depth: 0,
            is_pipeline: false,
            is_secret: false,
            marked: false,
            privacy: Privacy::Open,
        }
    }

    /// The root of a document whose expected side may have marks.
    pub(super) fn marked_root() -> Self {
        Self::root().with_marks()
    }

    /// This place, where the expected value may be a mark.
    pub(super) fn with_marks(self) -> Self {
        Self { marked: true, ..self }
    }

    /// The root of what is embedded here.
    pub(super) fn inside(self) -> Self {
        Self { marked: self.marked, ..Self::root() }
    }

    /// This place, with what a map that stands here says of itself.
    pub(super) fn enter(self, node: &'a Node) -> Self {
        match node.text("kind") {
            // Even without an apiVersion, it is not to be shown.
            Some("Secret") => Self { kind: "Secret", depth: 0, is_pipeline: false, is_secret: true, ..self },
            Some(kind) => match node.text("apiVersion") {
                Some(api_version) => Self {
                    kind,
                    depth: 0,
                    is_pipeline: kind == "Pipeline" && api_version.starts_with("platform.kratix.io/"),
                    is_secret: false,
                    ..self
                },
                None => self,
            },
            None => self,
        }
    }

    /// The place of two values that are compared: private if either is, and of no kind if they are of two.
    pub(super) fn enter_both(self, expected: &'a Node, actual: &'a Node) -> Self {
        let (expected, actual) = (self.enter(expected), self.enter(actual));
        let is_pipeline = expected.is_pipeline || actual.is_pipeline;
        if actual.is_secret || expected.kind == actual.kind {
            return Self { is_pipeline, ..actual };
        }
        if expected.is_secret {
            return expected;
        }
        Self { kind: "", is_pipeline, ..expected }
    }

    /// The value at a key of the map here.
    pub(super) fn child(self, name: &'a str) -> Self {
        Self {
            field: name,
            parent: self.field,
            depth: self.depth + 1,
            privacy: match self.privacy {
                Privacy::Open if self.is_secret && name == LAST_APPLIED => Privacy::Plain,
                Privacy::Open if self.is_secret && self.depth == 0 && name == "stringData" => Privacy::Plain,
                Privacy::Open if self.is_secret && self.depth == 0 && name == "data" => Privacy::Encoded,
                inherited => inherited,
            },
            ..self
        }
    }

    /// An item of the list here.
    pub(super) fn item(self) -> Self {
        Self { field: "", parent: self.field, ..self }
    }

    /// Whether a key of the map here says the same as its absence.
    pub(super) fn is_void(self, name: &str, node: &Node) -> bool {
        name == "creationTimestamp" && self.field == "metadata" && node.is_null() && node.tag.is_none()
    }

    /// Whether an expected value says that its key is not there.
    pub(super) fn is_absent(self, node: &Node) -> bool {
        self.marked && node.tag.as_deref() == Some("!absent")
    }

    /// Whether a text here is a file that is embedded in a `ConfigMap`.
    pub(super) fn is_embedded_file(self) -> bool {
        self.kind == "ConfigMap" && self.parent == "data" && self.depth == 2
    }

    /// Whether a value here is an amount, such as `500m`.
    pub(super) fn is_quantity(self) -> bool {
        match (self.parent, self.field) {
            ("emptyDir", "sizeLimit") | ("resourceFieldRef", "divisor") => true,
            (
                "requests" | "limits" | "capacity" | "allocatable" | "allocatedResources" | "overhead"
                | "podFixed",
                name,
            ) => is_resource(name),
            ("hard" | "used", _) => self.kind == "ResourceQuota",
            ("default" | "defaultRequest" | "max" | "min" | "maxLimitRequestRatio", name) => {
                self.kind == "LimitRange" && is_resource(name)
            }
            ("target" | "current", "value" | "averageValue") => self.kind == "HorizontalPodAutoscaler",
            _ => false,
        }
    }
}

/// Whether a name is one of those that Kubernetes counts: `cpu`, or `nvidia.com/gpu`.
fn is_resource(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "storage" | "ephemeral-storage" | "pods")
        || name.starts_with("hugepages-")
        || name.contains('/')
}
