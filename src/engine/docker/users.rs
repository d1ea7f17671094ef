//! Whose files are where an archive does not tell: Podman gives them all to one user, and a Docker Engine that maps owners
//! says who they are on its machine.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Docker;
use crate::engine::{Launch, Mount};
use crate::tree::Tree;

/// Who ran in each workspace.
#[derive(Debug, Default)]
pub(super) struct Users(Mutex<BTreeMap<u64, User>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    /// Everything is theirs: nobody else was there.
    Only { uid: u32, gid: u32 },
    /// Several, or one that is known by name alone.
    Some,
}

impl Users {
    /// Notes who a launch runs as.
    pub(super) fn note(&self, launch: &Launch<'_>) {
        let user = launch.privileges.user.as_deref().unwrap_or(&launch.image.user);
        let user = User::parse(user);
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for mount in launch.mounts {
            if let Mount::Folder { workspace, .. } = mount {
                let known = noted.entry(workspace.id).or_insert(user);
                if *known != user {
                    *known = User::Some;
                }
            }
        }
    }

    pub(super) fn forget(&self, workspace: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&workspace);
    }

    fn only(&self, workspace: u64) -> Option<(u32, u32)> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&workspace) {
            Some(&User::Only { uid, gid }) => Some((uid, gid)),
            _ => None,
        }
    }
}

impl User {
    /// Reads `UID[:GID]`; an engine takes group 0 where none is said.
    fn parse(user: &str) -> Self {
        let (uid, gid) = user.split_once(':').unwrap_or((user, ""));
        let number = |text: &str| if text.is_empty() { Ok(0) } else { text.parse() };
        match (number(uid), number(gid)) {
            (Ok(uid), Ok(gid)) => Self::Only { uid, gid },
            _ => Self::Some,
        }
    }
}

impl Docker {
    /// A tree from an archive with the owners that its files have, as far as they can be known.
    pub(super) fn with_owners(&self, workspace: u64, mut tree: Tree) -> Tree {
        let only = if self.facts.is_podman { self.users.only(workspace) } else { None };
        for entry in tree.entries.values_mut().chain(&mut tree.top) {
            if let Some((uid, gid)) = only {
                (entry.uid, entry.gid) = (uid, gid);
            } else if let Some((uid, gid)) = self.facts.root_is {
                // Those that are below are not mapped, or not any more.
                entry.uid = entry.uid.checked_sub(uid).unwrap_or(entry.uid);
                entry.gid = entry.gid.checked_sub(gid).unwrap_or(entry.gid);
            }
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_tell_whose_a_file_is() {
        for (user, expected) in [
            ("", User::Only { uid: 0, gid: 0 }),
            ("65532", User::Only { uid: 65532, gid: 0 }),
            ("65532:7", User::Only { uid: 65532, gid: 7 }),
            ("app", User::Some),
            ("7:staff", User::Some),
        ] {
            assert_eq!(User::parse(user), expected, "{user}");
        }
    }
}
