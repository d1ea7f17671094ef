//! Whether a container's security context is one, and one that a container can start with.

use crate::yaml::{KeyPath, Node};

use super::super::container::Container;
use super::super::problem::{Problem, code};
use super::super::read::text;
use super::super::strict::field as field_of;
use super::crd::unsupported;
use super::job::Job;

const PROC_MOUNTS: [&str; 2] = ["Default", "Unmasked"];
const SECCOMP_TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

/// Notes everything that Kubernetes refuses of a container's security context; `field` is the container's.
pub(super) fn check(job: &mut Job<'_>, container: &Container, field: &str) {
    let Some(context) = &container.security_context else { return };
    let (path, field) = (container.path.name("securityContext"), format!("{field}.securityContext"));
    for (name, id) in [("runAsUser", context.run_as_user), ("runAsGroup", context.run_as_group)] {
        if let Some(id) = id.filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
            let what =
                format!("{field}.{name}: Invalid value: {id}: must be between 0 and 2147483647, inclusive");
            job.refuse(code::INVALID_POD, &path.name(name), &what, None);
        }
    }
    if context.privileged == Some(true) && context.allow_privilege_escalation == Some(false) {
        let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        let what = format!("{field}: Invalid value: {why}");
        job.refuse(code::INVALID_POD, &path, &what, None);
    }
    if context.run_as_non_root == Some(true) && context.run_as_user == Some(0) {
        let path = path.name("runAsUser");
        let said = "Error: container's runAsUser breaks non-root policy";
        let problem = Problem::new(code::ROOT, said, path.clone(), job.promise.locate(&path));
        job.note(problem.hint("give it another user than 0, or leave out runAsNonRoot"));
    }
    let Some(node) = job.promise.root.at_path(&path) else { return };
    if let Some(mount) = text(node, "procMount").filter(|mount| !PROC_MOUNTS.contains(&mount.as_str())) {
        let (what, hint) = unsupported(&format!("{field}.procMount"), &mount, &PROC_MOUNTS);
        job.refuse(code::INVALID_POD, &path.name("procMount"), &what, hint);
    }
    if let Some(profile) = field_of(node, "seccompProfile") {
        check_seccomp(job, profile, (&path.name("seccompProfile"), &format!("{field}.seccompProfile")));
    }
}

fn check_seccomp(job: &mut Job<'_>, profile: &Node, (path, field): (&KeyPath, &str)) {
    let kind = text(profile, "type").unwrap_or_default();
    let local = field_of(profile, "localhostProfile").is_some();
    let (name, what, hint) = match (kind.as_str(), local) {
        ("", _) => {
            let what = format!("{field}.type: Required value: type is required when seccompProfile is set");
            ("type", what, None)
        }
        ("Localhost", false) => {
            let why = "must be set when seccomp type is Localhost";
            ("localhostProfile", format!("{field}.localhostProfile: Required value: {why}"), None)
        }
        ("RuntimeDefault" | "Unconfined", true) => {
            let why = "can only be set when seccomp type is Localhost";
            ("localhostProfile", format!("{field}.localhostProfile: Invalid value: {why}"), None)
        }
        ("Localhost" | "RuntimeDefault" | "Unconfined", _) => return,
        (other, _) => {
            let (what, hint) = unsupported(&format!("{field}.type"), other, &SECCOMP_TYPES);
            ("type", what, hint)
        }
    };
    job.refuse(code::INVALID_POD, &path.name(name), &what, hint);
}
