//! The volumes that a pipeline declares, made from what a test brings of the cluster.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::engine::{Folder, Mount, SeedFile, Workspace};
use crate::kratix::{
    Container, DataKind, Missing, Objects, Pipeline, Volume, VolumeFiles, VolumeMount, VolumeSource,
};
use crate::tree::one_part;

/// A volume of a pipeline, as stages get it.
#[derive(Debug)]
pub(super) struct MadeVolume {
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A folder of the workspace.
    Folder {
        read_only: bool,
    },
    Host(PathBuf),
    /// One that only a cluster has.
    Absent,
}

/// The volumes of a pipeline, and the folders that they need.
#[derive(Debug, Default)]
pub(super) struct Volumes {
    made: Vec<MadeVolume>,
    pub(super) folders: Vec<Folder>,
}

impl Volumes {
    /// Makes what can be made. What refers to nothing is missing.
    pub(super) fn of(pipeline: &Pipeline, namespace: &str, objects: &Objects) -> Result<Self, Vec<Missing>> {
        let (mut volumes, mut missing) = (Self::default(), Vec::new());
        for volume in &pipeline.volumes {
            match files(volume, &volume.source, namespace, objects) {
                Ok(Some(files)) => volumes.add(pipeline, volume, files),
                Ok(None) => volumes.add_elsewhere(volume),
                Err(lacking) => missing.push(lacking),
            }
        }
        if missing.is_empty() { Ok(volumes) } else { Err(missing) }
    }

    /// Mounts of what only a cluster has, where nothing is mounted in its place.
    pub(super) fn elsewhere(&self, pipeline: &Pipeline, replaced: &BTreeSet<&str>) -> Vec<Missing> {
        let absent =
            |name: &str| self.made.iter().any(|made| made.name == name && matches!(made.kind, Kind::Absent));
        let mounts = pipeline.containers.iter().flat_map(|container| &container.volume_mounts);
        let lacking =
            mounts.filter(|mount| absent(&mount.name) && !replaced.contains(mount.mount_path.as_str()));
        let missing = |mount: &VolumeMount| Missing {
            text: format!("volume {} can only be mounted in a cluster", mount.name),
            path: mount.path.clone(),
            at: mount.at,
            hint: format!("give the stages something in its place: `volumes: [SOURCE:{}]`", mount.mount_path),
        };
        lacking.map(missing).collect()
    }

    fn add(&mut self, pipeline: &Pipeline, volume: &Volume, files: Vec<SeedFile>) {
        let read_only = !matches!(volume.source, VolumeSource::EmptyDir { .. });
        let name = folder(&volume.name);
        self.folders.push(Folder { name: name.clone(), files });
        if !read_only {
            // Kubernetes makes the folder that a subPath names.
            let mounts = pipeline.containers.iter().flat_map(|container| &container.volume_mounts);
            let below: BTreeSet<&str> = mounts
                .filter(|mount| mount.name == volume.name)
                .filter_map(|mount| mount.sub_path.as_deref())
                .collect();
            let folders = below.iter().filter(|path| is_plain(path));
            self.folders
                .extend(folders.map(|path| Folder { name: format!("{name}/{path}"), files: Vec::new() }));
        }
        self.made.push(MadeVolume { name: volume.name.clone(), kind: Kind::Folder { read_only } });
    }

    fn add_elsewhere(&mut self, volume: &Volume) {
        let kind = match &volume.source {
            VolumeSource::HostPath(path) => Kind::Host(path.into()),
            _ => Kind::Absent,
        };
        self.made.push(MadeVolume { name: volume.name.clone(), kind });
    }

    /// The folders that take of the node's disk, beside those of `/kratix`.
    pub(super) fn on_disk(pipeline: &Pipeline) -> impl Iterator<Item = String> {
        let volumes = pipeline.volumes.iter();
        volumes
            .filter(|volume| volume.source == VolumeSource::EmptyDir { in_memory: false })
            .map(|volume| folder(&volume.name))
    }

    /// Where a container sees them.
    pub(super) fn mounts<'a>(
        &'a self,
        container: &'a Container,
        workspace: &'a Workspace,
    ) -> Vec<OwnedMount<'a>> {
        let mount = |mount: &'a VolumeMount| {
            let made = self.made.iter().find(|made| made.name == mount.name)?;
            let below = mount.sub_path.as_deref().filter(|path| is_plain(path));
            Some(match &made.kind {
                Kind::Folder { read_only } => OwnedMount::Folder {
                    workspace,
                    name: below.map_or_else(
                        || folder(&mount.name),
                        |path| format!("{}/{path}", folder(&mount.name)),
                    ),
                    target: &mount.mount_path,
                    read_only: *read_only || mount.read_only,
                },
                Kind::Host(path) => OwnedMount::Host {
                    source: below.map_or_else(|| path.clone(), |below| path.join(below)),
                    target: &mount.mount_path,
                    read_only: mount.read_only,
                },
                Kind::Absent => return None,
            })
        };
        container.volume_mounts.iter().filter_map(mount).collect()
    }
}

/// A mount whose source is its own.
#[derive(Debug)]
pub(super) enum OwnedMount<'a> {
    Folder { workspace: &'a Workspace, name: String, target: &'a str, read_only: bool },
    Host { source: PathBuf, target: &'a str, read_only: bool },
}

impl OwnedMount<'_> {
    pub(super) fn borrowed(&self) -> Mount<'_> {
        match self {
            Self::Folder { workspace, name, target, read_only } => {
                Mount::Folder { workspace, name, target, read_only: *read_only }
            }
            Self::Host { source, target, read_only } => Mount::Host { source, target, read_only: *read_only },
        }
    }
}

/// A volume's folder in the workspace, beside those of `/kratix`.
fn folder(volume: &str) -> String {
    format!("volume-{}", one_part(volume))
}

/// Whether a path below a volume stays there.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && !path.split('/').any(|part| part.is_empty() || part == "." || part == "..")
}

/// What a volume holds at first; nothing of one that is not made of files.
fn files(
    volume: &Volume,
    source: &VolumeSource,
    namespace: &str,
    objects: &Objects,
) -> Result<Option<Vec<SeedFile>>, Missing> {
    match source {
        VolumeSource::EmptyDir { .. } => Ok(Some(Vec::new())),
        VolumeSource::ConfigMap(files) => {
            keys(volume, DataKind::ConfigMap, files, namespace, objects).map(Some)
        }
        VolumeSource::Secret(files) => keys(volume, DataKind::Secret, files, namespace, objects).map(Some),
        VolumeSource::Projected(sources) => {
            let mut all: Vec<SeedFile> = Vec::new();
            for source in sources {
                for file in self::files(volume, source, namespace, objects)?.unwrap_or_default() {
                    all.retain(|other| other.path != file.path);
                    all.push(file);
                }
            }
            Ok(Some(all))
        }
        VolumeSource::HostPath(_) | VolumeSource::Other(_) => Ok(None),
    }
}

fn keys(
    volume: &Volume,
    kind: DataKind,
    files: &VolumeFiles,
    namespace: &str,
    objects: &Objects,
) -> Result<Vec<SeedFile>, Missing> {
    let Some(object) = objects.find(kind, namespace, &files.name) else {
        if files.optional {
            return Ok(Vec::new());
        }
        let resource = kind.as_str().to_lowercase();
        let text = set_up(volume, &format!("{resource} \"{}\" not found", files.name));
        return Err(missing(volume, text, kind, &files.name));
    };
    let value = |key: &str| object.data.get(key).or_else(|| object.binary.get(key));
    let file = |path: &str, mode: Option<i64>, bytes: &[u8]| SeedFile {
        path: path.into(),
        mode: u32::try_from(mode.unwrap_or(files.default_mode)).unwrap_or(0o644) & 0o777,
        bytes: bytes.to_vec(),
    };
    if files.items.is_empty() {
        let all = object.data.iter().chain(&object.binary);
        return Ok(all.map(|(key, bytes)| file(key, None, bytes)).collect());
    }
    let mut made = Vec::new();
    for item in &files.items {
        match value(&item.key) {
            Some(bytes) if is_plain(&item.path) => made.push(file(&item.path, item.mode, bytes)),
            Some(_) => {
                let text = format!("volume {}: {:?} is not a path inside it", volume.name, item.path);
                return Err(missing(volume, text, kind, &files.name));
            }
            None if files.optional => {}
            None => {
                let what = if kind == DataKind::Secret { "secret" } else { "config" };
                let text = set_up(volume, &format!("references non-existent {what} key: {}", item.key));
                return Err(missing(volume, text, kind, &files.name));
            }
        }
    }
    Ok(made)
}

/// What the kubelet says about a volume that it cannot make.
fn set_up(volume: &Volume, why: &str) -> String {
    format!("MountVolume.SetUp failed for volume \"{}\" : {why}", volume.name)
}

fn missing(volume: &Volume, text: String, kind: DataKind, name: &str) -> Missing {
    let hint = format!("put the {kind} {name} into a file under `objects:` in kratix-test.yaml");
    Missing { text, path: volume.path.clone(), at: volume.at, hint }
}
