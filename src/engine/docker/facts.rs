//! What is learnt of an engine by greeting it.

use std::path::{Path, PathBuf};

use bollard::models::{SystemInfo, SystemVersion};

use crate::engine::address::Address;
use crate::engine::{About, EngineError};

/// The oldest API that is spoken: Docker 20.10, Podman 4.
const OLDEST: (u32, u32) = (1, 41);

/// What a run needs to know of its engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) processors: usize,
    /// Why a folder of ours could not be bound even if the engine sees it: owners or labels would differ.
    pub(super) changes_files: Option<&'static str>,
    /// The ids of this machine that root of a container is, in an engine that maps owners.
    pub(super) root_is: Option<(u32, u32)>,
    /// Docker Desktop takes every path to bind for one of the user's machine, even one of its own volumes.
    pub(super) is_desktop: bool,
    /// Podman speaks the same API with a few words of its own.
    pub(super) is_podman: bool,
    pub(super) about: About,
}

impl Facts {
    pub(super) fn new(version: &SystemVersion, info: &SystemInfo) -> Self {
        let component = |name: &str| {
            let components = version.components.iter().flatten();
            components.clone().find(|component| component.name == name).map(|found| found.version.clone())
        };
        let podman = component("Podman Engine");
        let system = info.operating_system.as_deref().unwrap_or_default();
        let root = PathBuf::from(info.docker_root_dir.as_deref().unwrap_or_default());
        let changes_files = changes_files(info.security_options.as_deref().unwrap_or_default());
        Self {
            processors: info.ncpu.and_then(|count| usize::try_from(count).ok()).unwrap_or(1).max(1),
            changes_files,
            root_is: changes_files.and_then(|_| ids(&root)),
            is_desktop: system.contains("Docker Desktop"),
            is_podman: podman.is_some(),
            about: About {
                name: if podman.is_some() { "Podman" } else { "Docker Engine" },
                version: podman.or(version.version.clone()).unwrap_or_default(),
                api: version.api_version.clone().unwrap_or_default(),
                system: system.to_owned(),
                platform: format!(
                    "{}/{}",
                    version.os.as_deref().unwrap_or("linux"),
                    version.arch.as_deref().unwrap_or("unknown")
                ),
                root,
            },
        }
    }

    /// Refuses an engine that is too old to rely on.
    pub(super) fn check(&self, address: &Address) -> Result<(), EngineError> {
        let About { name, version, api, .. } = &self.about;
        let mut parts = api.splitn(2, '.').map(str::parse::<u32>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) if (major, minor) < OLDEST => Err(EngineError::Unreachable {
                message: format!(
                    "{name} {version} at {} ({}) is too old: it speaks version {api} of the API, and {}.{} is needed",
                    address.endpoint, address.why, OLDEST.0, OLDEST.1
                ),
                hint: "update it to Docker 20.10, Podman 4, or later".to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

fn changes_files(security: &[String]) -> Option<&'static str> {
    let has = |option: &str| security.iter().any(|entry| entry.split(',').any(|part| part == option));
    let reasons = [
        ("name=rootless", "it is rootless, and maps owners"),
        ("name=userns", "it maps owners to a user namespace"),
        ("name=selinux", "SELinux keeps containers from our files"),
    ];
    reasons.into_iter().find(|(option, _)| has(option)).map(|(_, reason)| reason)
}

/// An engine that maps owners keeps everything in a folder that is named after them: `200000.200000`.
fn ids(root: &Path) -> Option<(u32, u32)> {
    let (uid, gid) = root.file_name()?.to_str()?.split_once('.')?;
    Some((uid.parse().ok()?, gid.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use bollard::models::SystemVersionComponents;

    use super::*;
    use crate::engine::address::{Endpoint, Why};

    #[test]
    fn only_an_engine_that_keeps_owners_and_labels_may_bind() {
        let facts = |option: &str| {
            let info = SystemInfo {
                security_options: Some(vec!["name=seccomp,profile=default".to_owned(), option.to_owned()]),
                ..SystemInfo::default()
            };
            Facts::new(&SystemVersion::default(), &info)
        };
        assert_eq!(facts("name=cgroupns").changes_files, None);
        for option in ["name=rootless", "name=userns", "name=selinux"] {
            assert!(facts(option).changes_files.is_some(), "{option}");
        }
    }

    #[test]
    fn whom_an_engine_takes_for_root_is_in_the_name_of_its_folder() {
        let facts = |option: &str, root: &str| {
            let info = SystemInfo {
                security_options: Some(vec![option.to_owned()]),
                docker_root_dir: Some(root.to_owned()),
                ..SystemInfo::default()
            };
            Facts::new(&SystemVersion::default(), &info).root_is
        };
        assert_eq!(facts("name=userns", "/var/lib/docker/200000.300000"), Some((200_000, 300_000)));
        assert_eq!(facts("name=rootless", "/home/me/.local/share/docker"), None);
        assert_eq!(facts("name=seccomp", "/data/1.2"), None);
    }

    #[test]
    fn podman_is_known_by_its_components() {
        let component = SystemVersionComponents {
            name: "Podman Engine".to_owned(),
            version: "4.3.1".to_owned(),
            details: None,
        };
        let version = SystemVersion { components: Some(vec![component]), ..SystemVersion::default() };
        let facts = Facts::new(&version, &SystemInfo::default());
        assert!(facts.is_podman);
        assert_eq!((facts.about.name, facts.about.version.as_str()), ("Podman", "4.3.1"));
    }

    #[test]
    fn engines_from_before_the_oldest_api_are_refused() {
        let address = Address { endpoint: Endpoint::Unix(PathBuf::from("/s")), why: Why::DockerHost };
        let speaking = |api: &str| {
            let version = SystemVersion {
                api_version: Some(api.to_owned()),
                version: Some("19.03.5".to_owned()),
                ..SystemVersion::default()
            };
            Facts::new(&version, &SystemInfo::default()).check(&address)
        };
        for api in ["1.41", "1.100", "2.0", ""] {
            assert!(speaking(api).is_ok(), "{api}");
        }
        assert_eq!(
            speaking("1.40").unwrap_err().to_string(),
            "Docker Engine 19.03.5 at unix:///s (from DOCKER_HOST) is too old: it speaks version 1.40 of the API, and \
             1.41 is needed"
        );
    }
}
