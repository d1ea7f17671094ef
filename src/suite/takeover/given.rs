//! What a script gives a container, as settings.

use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::case::{Given, Mount, Variable};
use super::ground::Ground;
use crate::suite::settings::Settings;

/// What settings do not say yet.
pub(super) fn missing(given: &Given, settings: &Settings) -> Given {
    let has_variable = |name: &String| settings.env().any(|(known, _)| known == name);
    let has_volume = |mount: &Mount| settings.volumes().iter().any(|volume| volume.target == mount.target);
    let mut missing = given.clone();
    missing.env.retain(|name, _| !has_variable(name));
    missing.volumes.retain(|mount| !has_volume(mount));
    missing.network = missing.network.filter(|network| network != settings.network());
    missing.platform = missing.platform.filter(|platform| platform != settings.platform());
    missing
}

/// What a container is given, as settings in a folder.
pub(super) fn given(ground: &Ground<'_>, given: &Given, folder: &Path) -> Map<String, Json> {
    let mut settings = Map::new();
    let variable = |variable: &Variable| match variable {
        Variable::Value(value) => json!(value),
        Variable::From(name) => json!({ "from": name }),
    };
    if !given.env.is_empty() {
        let env: Map<String, Json> =
            given.env.iter().map(|(name, value)| (name.clone(), variable(value))).collect();
        settings.insert("env".to_owned(), env.into());
    }
    if let Some(network) =
        given.network.as_ref().filter(|network| *network != "bridge" && *network != "default")
    {
        settings.insert("network".to_owned(), network.as_str().into());
    }
    if let Some(platform) = &given.platform {
        settings.insert("platform".to_owned(), platform.as_str().into());
    }
    if !given.volumes.is_empty() {
        let volumes: Vec<Json> =
            given.volumes.iter().map(|mount| volume(ground, mount, folder).into()).collect();
        settings.insert("volumes".to_owned(), volumes.into());
    }
    settings
}

/// A volume as settings in a folder write it.
fn volume(ground: &Ground<'_>, mount: &Mount, folder: &Path) -> String {
    let source = Path::new(&mount.source);
    let source = match source.starts_with(&ground.root) {
        true => relative(&absolute(ground, folder), source).display().to_string(),
        false => mount.source.clone(),
    };
    let read_only = if mount.read_only { ":ro" } else { "" };
    format!("{source}:{}{read_only}", mount.target)
}

/// Where a folder of the Promise is, though it may not be there yet.
fn absolute(ground: &Ground<'_>, folder: &Path) -> PathBuf {
    let written = &ground.promise.file.folder;
    let below = if written == Path::new(".") { Ok(folder) } else { folder.strip_prefix(written) };
    below.map_or_else(|_| folder.to_owned(), |below| ground.folder.join(below))
}

/// The way from a folder to a path, both absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let parts = |path: &Path| -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for component in path.components() {
            match component {
                Component::ParentDir => drop(parts.pop()),
                Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
                _ => {}
            }
        }
        parts
    };
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    let way: PathBuf = up.chain(to[shared..].iter().map(String::as_str)).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders_is_found() {
        for (from, to, way) in [
            ("/r/p/test/a", "/r/p/data", "../../data"),
            ("/r/p/test", "/r/p/test/x", "x"),
            ("/r/p/../q", "/r/q", "."),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(way));
        }
    }
}
