//! The Go types that a pipeline is made of, as data.

/// What Go type a value is read into.
pub(in crate::kratix) enum Kind {
    String,
    /// A string type with a name of its own.
    Named(&'static str),
    Bool,
    Int32,
    Int64,
    Float64,
    /// `metav1.Time`.
    Time,
    Quantity,
    List(&'static Kind),
    /// A map from strings.
    Map(&'static Kind),
    /// A map type with a name of its own.
    NamedMap(&'static str, &'static Kind),
    Struct(&'static Struct),
    /// Taken as it is.
    Any,
}

/// A Go struct.
pub(in crate::kratix) struct Struct {
    pub(in crate::kratix) name: &'static str,
    pub(in crate::kratix) package: &'static str,
    pub(in crate::kratix) fields: &'static [(&'static str, Kind)],
    /// Structs whose fields count as its own, under their Go names.
    pub(in crate::kratix) embedded: &'static [(&'static str, &'static Struct)],
}

/// A field as Go finds it.
pub(super) struct Found {
    /// The embedded struct that it is in.
    pub(super) embedded: Option<&'static str>,
    pub(super) name: &'static str,
    pub(super) kind: &'static Kind,
}

impl Struct {
    pub(super) const fn v1(name: &'static str, fields: &'static [(&'static str, Kind)]) -> Self {
        Self { name, package: "v1", fields, embedded: &[] }
    }

    pub(super) const fn kratix(name: &'static str, fields: &'static [(&'static str, Kind)]) -> Self {
        Self { name, package: "v1alpha1", fields, embedded: &[] }
    }

    pub(super) const fn embedding(mut self, embedded: &'static [(&'static str, &'static Struct)]) -> Self {
        self.embedded = embedded;
        self
    }

    /// The field of this name, or else the one whose name differs only in case.
    pub(super) fn find(&self, key: &str) -> Option<Found> {
        self.find_by(|name| name == key).or_else(|| self.find_by(|name| name.eq_ignore_ascii_case(key)))
    }

    fn find_by(&self, same: impl Fn(&str) -> bool) -> Option<Found> {
        let own = self.fields.iter().map(|field| (None, field));
        let inner = self
            .embedded
            .iter()
            .flat_map(|(embedded, shape)| shape.fields.iter().map(|field| (Some(*embedded), field)));
        own.chain(inner).find(|(_, (name, _))| same(name)).map(|(embedded, (name, kind))| Found {
            embedded,
            name,
            kind,
        })
    }

    /// The names of all fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        let inner = self.embedded.iter().flat_map(|(_, shape)| shape.fields);
        self.fields.iter().chain(inner).map(|(name, _)| *name)
    }
}

impl Kind {
    /// The type as Go writes it.
    pub(super) fn go_type(&self) -> String {
        match self {
            Self::String | Self::Time => "string".into(),
            Self::Named(name) | Self::NamedMap(name, _) => (*name).into(),
            Self::Bool => "bool".into(),
            Self::Int32 => "int32".into(),
            Self::Int64 => "int64".into(),
            Self::Float64 => "float64".into(),
            Self::Quantity => "resource.Quantity".into(),
            Self::List(item) => format!("[]{}", item.go_type()),
            Self::Map(item) => format!("map[string]{}", item.go_type()),
            Self::Struct(shape) => format!("{}.{}", shape.package, shape.name),
            Self::Any => "interface {}".into(),
        }
    }
}
