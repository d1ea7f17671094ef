//! Requests that differ from another in one thing: a value of an enum, a boolean, a part that may be left out.

use std::collections::VecDeque;

use serde_json::{Value as Json, json};

use super::name;
use super::pattern;
use super::place;
use super::request::{Api, Request};
use super::value;
use super::ways::ways;
use crate::kratix::schema::Schema;
use crate::yaml::{Key, KeyPath, Node};

/// How deep below the spec fields are varied.
const DEPTH: usize = 5;

/// The most values that an enum is taken to have.
const MOST_VALUES: usize = 24;

/// The most fields that are looked at.
const MOST_FIELDS: usize = 200;

/// The most variations that are tried.
const MOST: usize = 100;

/// One thing that may be so or otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factor {
    path: KeyPath,
    state: State,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Is(Json),
    Given,
    LeftOut,
}

/// A request that is otherwise in one thing.
pub(super) struct Variation {
    pub(super) name: String,
    /// One line on what is otherwise.
    pub(super) what: String,
    pub(super) factor: Factor,
    pub(super) request: Request,
    /// What a pipeline would read.
    pub(super) object: Json,
}

/// A field of the API on the walk through it.
struct Field<'s> {
    path: KeyPath,
    schema: &'s Json,
    written: Option<&'s Node>,
    is_required: bool,
}

/// The variations of a request that the API takes, in the order that they are worth: every field's first before any
/// field's second, and outer fields before inner ones.
pub(super) fn variations(api: &Api<'_>, base: &Request, object: &Json) -> Vec<Variation> {
    let mut factors: Vec<(usize, Factor)> = Vec::new();
    for field in fields(api) {
        factors.extend(field.factors(object).into_iter().enumerate());
    }
    factors.sort_by_key(|(rank, _)| *rank);
    factors.into_iter().take(MOST).filter_map(|(_, factor)| vary(api, base, factor)).collect()
}

/// Every field that may be varied, outer ones first.
fn fields<'s>(api: &'s Api<'_>) -> Vec<Field<'s>> {
    let root = Field { path: KeyPath::root(), schema: &api.schema, written: api.written, is_required: true };
    let mut queue: VecDeque<Field<'_>> =
        root.children().into_iter().filter(|field| !is_every_objects(&field.path)).collect();
    let mut fields = Vec::new();
    while let Some(field) = queue.pop_front().filter(|_| fields.len() < MOST_FIELDS) {
        if field.path.keys().len() <= DEPTH {
            queue.extend(field.children());
        }
        fields.push(field);
    }
    fields
}

/// What every object has, whatever its API.
fn is_every_objects(path: &KeyPath) -> bool {
    let name = path.to_string();
    ["apiVersion", "kind", "metadata", "status"].contains(&name.as_str())
}

impl<'s> Field<'s> {
    /// The fields of an object, or of the first item of a list, in the order of the API.
    fn children(&self) -> Vec<Self> {
        let schema = Schema(self.schema);
        if let Some(Schema(items)) = schema.items() {
            let written = self.written.and_then(|written| written.get("items"));
            let item = Self { path: self.path.index(0), schema: items, written, is_required: true };
            return item.children();
        }
        let required: Vec<&str> = value::required(schema).collect();
        let written = self.written.and_then(|written| written.get("properties")).and_then(Node::as_map);
        let place = |name: &str| written.and_then(|written| written.get_index_of(name)).unwrap_or(usize::MAX);
        let mut properties: Vec<_> = schema.properties().into_iter().flatten().collect();
        properties.sort_by_key(|(name, _)| place(name));
        let field = |(name, schema): (&String, &'s Json)| Self {
            path: self.path.name(name.as_str()),
            schema,
            written: self.written.and_then(|written| written.get("properties")?.get(name)),
            is_required: required.contains(&name.as_str()),
        };
        properties.into_iter().map(field).collect()
    }

    /// What may be otherwise about it than in an object.
    fn factors(&self, object: &Json) -> Vec<Factor> {
        let current = place::at(object, &self.path);
        let factor = |state| Factor { path: self.path.clone(), state };
        let has_default = Schema(self.schema).default().is_some();
        let may_be_left_out = !self.is_required && !has_default && self.path.keys().len() > 1;
        let values = choices(self.schema);
        let mut factors: Vec<Factor> = values
            .iter()
            .filter(|value| current != Some(*value))
            .map(|value| factor(State::Is(value.clone())))
            .collect();
        if !may_be_left_out {
            return factors;
        }
        match current {
            Some(_) => factors.push(factor(State::LeftOut)),
            None if values.is_empty() => factors.push(factor(State::Given)),
            None => {}
        }
        factors
    }
}

/// The few values that a field may have.
fn choices(schema: &Json) -> Vec<Json> {
    let mut values: Vec<Json> = Vec::new();
    for way in ways(schema) {
        let listed = way.get("enum").and_then(Json::as_array).cloned();
        let words = || pattern::words(way.get("pattern")?.as_str()?, MOST_VALUES);
        let found = match listed {
            Some(values) => values,
            None if Schema(&way).types() == ["boolean"] => vec![true.into(), false.into()],
            None => words().into_iter().flatten().map(Json::from).collect(),
        };
        values.extend(found.into_iter().filter(|value| !value.is_null() && value::fits(schema, value)));
    }
    let mut distinct: Vec<Json> = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}

/// The request with one thing otherwise, if the API takes it.
fn vary(api: &Api<'_>, base: &Request, factor: Factor) -> Option<Variation> {
    let mut request = base.value.clone();
    match &factor.state {
        State::LeftOut => place::take(&mut request, &factor.path),
        State::Given => with_parents(api, &mut request, &factor.path, None),
        State::Is(value) => with_parents(api, &mut request, &factor.path, Some(value)),
    }
    let (request, object) = taken(api, request, &factor)?;
    let request = base.with(request);
    Some(Variation { name: factor.name(), what: factor.to_string(), factor, request, object })
}

/// What the API takes of a request in which one thing is otherwise: as it is, with what is missing then, without one of the
/// fields beside, which an alternative shuts out, or with what is around it made anew.
fn taken(api: &Api<'_>, request: Json, factor: &Factor) -> Option<(Json, Json)> {
    let accept = |request: Json| {
        let object = api.object(&request).ok()?.value;
        factor.holds(&object).then_some((request, object))
    };
    let repaired = api.repaired(request.clone());
    if let Some(taken) = accept(request).or_else(|| accept(repaired.clone())) {
        return Some(taken);
    }
    let parent = place::parents(&factor.path).last()?;
    let beside = place::at(&repaired, &parent)?.as_object()?.keys();
    let beside = beside.map(|name| parent.name(name.as_str())).filter(|path| *path != factor.path);
    let without = |path: KeyPath| {
        let mut without = repaired.clone();
        place::take(&mut without, &path);
        without
    };
    beside.map(without).find_map(accept).or_else(|| accept(anew(api, repaired.clone(), &parent, factor)?))
}

/// The request with the object around a value made anew for it; what that has in common with before stays as it was.
fn anew(api: &Api<'_>, mut request: Json, parent: &KeyPath, factor: &Factor) -> Option<Json> {
    let (State::Is(value), Some(Key::Name(field))) = (&factor.state, factor.path.keys().last()) else {
        return None;
    };
    let mut schema = place::schema_at(&api.schema, parent)?.clone();
    schema.pointer_mut(&format!("/properties/{field}"))?["enum"] = json!([value]);
    match schema.get_mut("required").and_then(Json::as_array_mut) {
        Some(required) => required.push(field.as_str().into()),
        None => schema["required"] = json!([field]),
    }
    // As a default it would not be what is asked for.
    schema
        .pointer_mut(&format!("/properties/{field}"))?
        .as_object_mut()?
        .retain(|key, _| key != "default" && key != "example");
    let mut made = value::value(&schema, field);
    let before = place::at(&request, parent)?.as_object()?.clone();
    for (name, value) in made.as_object_mut()?.iter_mut().filter(|(name, _)| *name != field) {
        if let Some(before) = before.get(name) {
            value.clone_from(before);
        }
    }
    place::put(&mut request, parent, made);
    Some(request)
}

/// Puts a value at a path, and what is around it where that is not there.
fn with_parents(api: &Api<'_>, request: &mut Json, path: &KeyPath, new: Option<&Json>) {
    let made = |path: &KeyPath| {
        let name = path.keys().iter().rev().find_map(|key| match key {
            Key::Name(name) => Some(name.as_str()),
            Key::Index(_) => None,
        });
        place::schema_at(&api.schema, path).map(|schema| value::value(schema, name.unwrap_or_default()))
    };
    for parent in place::parents(path) {
        let there = place::at(request, &parent);
        if there.is_none_or(Json::is_null)
            && let Some(value) = made(&parent)
        {
            place::put(request, &parent, value);
        }
    }
    if let Some(value) = new.cloned().or_else(|| made(path)) {
        place::put(request, path, value);
    }
}

impl Factor {
    /// Whether an object has it so.
    pub(super) fn holds(&self, object: &Json) -> bool {
        let found = found(object, self.path.keys());
        match &self.state {
            State::Is(value) => found.contains(&value),
            State::Given => !found.is_empty(),
            State::LeftOut => found.is_empty(),
        }
    }

    /// A readable name for a test of it.
    fn name(&self) -> String {
        let (parent, field) = self.last_names();
        match &self.state {
            State::Is(Json::Bool(value)) => name::of_boolean(parent, field, *value),
            State::Is(Json::String(text)) => name::of_value(field, text),
            State::Is(value) => name::of_value(field, &value.to_string()),
            State::Given => name::with(field),
            State::LeftOut => name::without(field),
        }
    }

    /// The same with what the field is in, for where its own name is taken.
    pub(super) fn long_name(&self) -> String {
        match self.last_names() {
            (Some(parent), _) => format!("{}-{}", name::kebab(parent), self.name()),
            (None, _) => self.name(),
        }
    }

    /// The name of what the field is in, unless that is the spec, and its own.
    fn last_names(&self) -> (Option<&str>, &str) {
        let names = self.path.keys().iter().filter_map(|key| match key {
            Key::Name(name) => Some(name.as_str()),
            Key::Index(_) => None,
        });
        let mut names = names.rev();
        let field = names.next().unwrap_or_default();
        (names.next().filter(|parent| *parent != "spec"), field)
    }
}

/// What is at a path; an index stands for any item.
fn found<'v>(value: &'v Json, keys: &[Key]) -> Vec<&'v Json> {
    match (keys.split_first(), value) {
        (None, Json::Null) => Vec::new(),
        (None, value) => vec![value],
        (Some((Key::Name(name), rest)), value) => {
            value.get(name).map(|value| found(value, rest)).unwrap_or_default()
        }
        (Some((Key::Index(_), rest)), Json::Array(items)) => {
            items.iter().flat_map(|item| found(item, rest)).collect()
        }
        (Some((Key::Index(_), _)), _) => Vec::new(),
    }
}

impl std::fmt::Display for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.state {
            State::Is(Json::String(text)) if !text.is_empty() => write!(f, "{} is {text}", self.path),
            State::Is(value) => write!(f, "{} is {value}", self.path),
            State::Given => write!(f, "{} is given", self.path),
            State::LeftOut => write!(f, "{} is left out", self.path),
        }
    }
}
