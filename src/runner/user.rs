//! Who a container runs as: the user of its security context or of its image, and whether the platform has that.

use super::pipeline::Launchable;
use crate::engine::{Image, Privileges};
use crate::kratix::Finding;
use crate::kratix::catalogue::KT120;

/// What a container may do. An engine takes no group without a user: the image's, if nothing else is said.
pub(super) fn privileges(launchable: &Launchable, image: &Image) -> Privileges {
    let mut privileges = launchable.privileges.clone();
    if let Some(group) = launchable.group {
        let user = privileges.user.as_deref().unwrap_or_else(|| name(&image.user));
        privileges.user = Some(format!("{}:{group}", if user.is_empty() { "0" } else { user }));
    }
    privileges
}

/// Why the platform does not start a container that must not be root's.
pub(super) fn refused(launchable: &Launchable, image: &Image) -> Option<Finding> {
    let user = launchable.privileges.user.as_deref();
    let text = launchable.non_root.then(|| may_be_root(user, name(&image.user))).flatten()?;
    let hint = "write a numeric USER into the Dockerfile, or runAsUser into the container's securityContext";
    Some(Finding::new(KT120, format!("Error: {text}")).hint(hint))
}

fn may_be_root(user: Option<&str>, of_image: &str) -> Option<String> {
    if let Some(user) = user {
        return (user == "0").then(|| "container's runAsUser breaks non-root policy".to_owned());
    }
    match of_image.parse::<u32>() {
        Ok(1..) => None,
        Err(_) if !of_image.is_empty() => Some(format!(
            "container has runAsNonRoot and image has non-numeric user ({of_image}), cannot verify user is non-root"
        )),
        _ => Some("container has runAsNonRoot and image will run as root".to_owned()),
    }
}

/// The user of a `USER[:GROUP]`.
fn name(user: &str) -> &str {
    user.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launchable(user: Option<&str>, group: Option<i64>) -> Launchable {
        let privileges = Privileges { user: user.map(str::to_owned), ..Privileges::default() };
        Launchable {
            image: String::new(),
            env: Vec::new(),
            command: Vec::new(),
            args: Vec::new(),
            privileges,
            group,
            non_root: true,
            memory: None,
            skip: None,
        }
    }

    fn image(user: &str) -> Image {
        Image { id: String::new(), user: user.to_owned() }
    }

    #[test]
    fn a_group_without_a_user_goes_with_the_user_of_the_image() {
        for (user, of_image, expected) in [
            (Some("1000"), "app", "1000:5"),
            (None, "app:staff", "app:5"),
            (None, "65532", "65532:5"),
            (None, "", "0:5"),
        ] {
            let privileges = privileges(&launchable(user, Some(5)), &image(of_image));
            assert_eq!(privileges.user.as_deref(), Some(expected));
        }
        assert_eq!(privileges(&launchable(None, None), &image("app")).user, None);
    }

    #[test]
    fn only_who_is_known_not_to_be_root_is_started_where_that_is_demanded() {
        let root = "Error: container has runAsNonRoot and image will run as root";
        for (user, of_image, expected) in [
            (Some("0"), "1000", Some("Error: container's runAsUser breaks non-root policy")),
            (Some("1000"), "", None),
            (None, "", Some(root)),
            (None, "0:0", Some(root)),
            (None, "1000:0", None),
            (
                None,
                "root",
                Some(
                    "Error: container has runAsNonRoot and image has non-numeric user (root), cannot verify user is \
                     non-root",
                ),
            ),
        ] {
            let finding = refused(&launchable(user, Some(5)), &image(of_image));
            assert_eq!(finding.map(|finding| finding.text).as_deref(), expected, "{user:?} {of_image}");
        }
        let anybody = Launchable { non_root: false, ..launchable(None, None) };
        assert_eq!(refused(&anybody, &image("")), None);
    }
}
