//! Whether a pipeline's containers can be init containers of its pod.

use super::super::container::{Container, VolumeMount};
use super::super::image_reference;
use super::super::names;
use super::super::problem::{Problem, code};
use super::super::quantity;
use super::super::read::text;
use super::super::schema::quote;
use super::crd::unsupported;
use super::job::Job;
use super::{security, variables, volumes};

/// Where Kratix mounts its own volumes, in their order.
const OWN_MOUNTS: [&str; 3] = ["/kratix/input", "/kratix/output", "/kratix/metadata"];
const READER: &str = "reader";
const WORK_WRITER: &str = "work-writer";
const STATUS_WRITER: &str = "status-writer";

/// A container, and its field in the platform's messages.
struct Place<'c> {
    container: &'c Container,
    field: String,
}

/// Notes everything that Kubernetes refuses of a pipeline's containers.
pub(super) fn check(job: &mut Job<'_>) {
    let containers = &job.pipeline.containers;
    for (index, container) in containers.iter().enumerate() {
        // The first init container is Kratix's reader.
        let place = Place { container, field: format!("spec.template.spec.initContainers[{}]", index + 1) };
        check_name(job, &place, &containers[..index]);
        check_image(job, &place);
        variables::check(job, container, &place.field);
        for (index, mount) in container.volume_mounts.iter().enumerate() {
            check_mount(job, &place, index, mount);
        }
        check_resources(job, &place);
        security::check(job, container, &place.field);
    }
}

fn check_name(job: &mut Job<'_>, place: &Place<'_>, before: &[Container]) {
    let name = place.container.name.as_str();
    let path = place.container.path.name("name");
    let field = format!("{}.name", place.field);
    if name.is_empty() {
        return job.refuse(code::CONTAINER_NAME, &path, &format!("{field}: Required value"), None);
    }
    for why in names::refuse_label(name) {
        let what = format!("{field}: Invalid value: {}: {why}", quote(name));
        job.refuse(code::CONTAINER_NAME, &path, &what, None);
    }
    let taken = match name {
        READER | STATUS_WRITER => Some(field.clone()),
        // Kratix's own comes after the author's, and is the one that is refused.
        WORK_WRITER if job.configures() => {
            let last = job.pipeline.containers.len() + 1;
            Some(format!("spec.template.spec.initContainers[{last}].name"))
        }
        _ => None,
    };
    if let Some(field) = taken {
        let hint = "Kratix has a container of this name: choose another".to_owned();
        let what = format!("{field}: Duplicate value: {}", quote(name));
        job.refuse(code::CONTAINER_NAME, &path, &what, Some(hint));
    } else if before.iter().any(|other| other.name == name) {
        let what = format!("{field}: Duplicate value: {}", quote(name));
        job.refuse(
            code::CONTAINER_NAME,
            &path,
            &what,
            Some("give each container a name of its own".to_owned()),
        );
    }
}

fn check_image(job: &mut Job<'_>, place: &Place<'_>) {
    let image = place.container.image.as_str();
    let path = place.container.path.name("image");
    let field = format!("{}.image", place.field);
    if image.is_empty() {
        job.refuse(code::INVALID_POD, &path, &format!("{field}: Required value"), None);
    } else if image.trim() != image {
        let why = "must not have leading or trailing whitespace";
        job.refuse(
            code::INVALID_POD,
            &path,
            &format!("{field}: Invalid value: {}: {why}", quote(image)),
            None,
        );
    } else if let Some(why) = image_reference::refuse(image) {
        return refuse_reference(job, place, &why);
    }
    let policy = place.container.image_pull_policy.as_deref().unwrap_or_default();
    if !matches!(policy, "" | "Always" | "IfNotPresent" | "Never") {
        let field = format!("{}.imagePullPolicy", place.field);
        let (what, hint) = unsupported(&field, policy, &["Always", "IfNotPresent", "Never"]);
        job.refuse(code::INVALID_POD, &place.container.path.name("imagePullPolicy"), &what, hint);
    }
    if policy.is_empty() && !image.is_empty() && is_latest(image) {
        let text = format!(
            "image {image} is pulled for every run, since it has no tag or the tag latest: ErrImagePull if no registry has it"
        );
        let at = job.promise.locate(&path);
        let hint = "give the image a tag that is not latest, or set imagePullPolicy: IfNotPresent";
        job.note(Problem::new(code::LATEST_IMAGE, text, path, at).hint(hint));
    }
}

/// The API server takes any text; the kubelet does not.
fn refuse_reference(job: &mut Job<'_>, place: &Place<'_>, why: &str) {
    let image = quote(&place.container.image);
    let path = place.container.path.name("image");
    let text = format!("Failed to apply default image tag {image}: couldn't parse image name {image}: {why}");
    let at = job.promise.locate(&path);
    let hint = "the pod waits in InvalidImageName: write [REGISTRY/]NAME:TAG, the name in lower case";
    job.note(Problem::new(code::IMAGE_NAME, text, path, at).hint(hint));
}

/// Whether an image has no digest, and no tag or the tag `latest`.
fn is_latest(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or(image);
    !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn check_mount(job: &mut Job<'_>, place: &Place<'_>, index: usize, mount: &VolumeMount) {
    let field = format!("{}.volumeMounts[{}]", place.field, OWN_MOUNTS.len() + index);
    let (name, mount_path) = (quote(&mount.name), quote(&mount.mount_path));
    let known = volumes::own(job).contains(&mount.name.as_str())
        || job.pipeline.volumes.iter().any(|volume| volume.name == mount.name);
    if mount.name.is_empty() {
        job.refuse(
            code::INVALID_POD,
            &mount.path.name("name"),
            &format!("{field}.name: Required value"),
            None,
        );
    } else if !known {
        let hint = format!("add a volume {} to the pipeline's spec.volumes", mount.name);
        let what = format!("{field}.name: Not found: {name}");
        job.refuse(code::INVALID_POD, &mount.path.name("name"), &what, Some(hint));
    }
    let path = mount.path.name("mountPath");
    let before = place.container.volume_mounts[..index].iter();
    if mount.mount_path.is_empty() {
        job.refuse(code::INVALID_POD, &path, &format!("{field}.mountPath: Required value"), None);
    } else if OWN_MOUNTS.contains(&mount.mount_path.as_str()) {
        let hint = "Kratix mounts its own volume there: choose another path".to_owned();
        let what = format!("{field}.mountPath: Invalid value: {mount_path}: must be unique");
        job.refuse(code::VOLUME_TAKEN, &path, &what, Some(hint));
    } else if before.clone().any(|other| other.mount_path == mount.mount_path) {
        let what = format!("{field}.mountPath: Invalid value: {mount_path}: must be unique");
        job.refuse(code::VOLUME_TAKEN, &path, &what, None);
    }
    check_sub_path(job, mount, &field);
    check_propagation(job, place, mount, &field);
}

fn check_propagation(job: &mut Job<'_>, place: &Place<'_>, mount: &VolumeMount, field: &str) {
    let Some(node) = job.promise.root.at_path(&mount.path) else { return };
    let Some(value) = text(node, "mountPropagation") else { return };
    let field = format!("{field}.mountPropagation");
    let context = place.container.security_context.as_ref();
    let (what, hint) = match value.as_str() {
        "Bidirectional" if context.and_then(|context| context.privileged) != Some(true) => {
            let why = "Bidirectional mount propagation is available only to privileged containers";
            (format!("{field}: Forbidden: {why}"), None)
        }
        "Bidirectional" | "HostToContainer" | "None" => return,
        other => unsupported(&field, other, &["Bidirectional", "HostToContainer", "None"]),
    };
    job.refuse(code::INVALID_POD, &mount.path.name("mountPropagation"), &what, hint);
}

fn check_sub_path(job: &mut Job<'_>, mount: &VolumeMount, field: &str) {
    let Some(sub_path) = &mount.sub_path else { return };
    let why = if sub_path.starts_with('/') {
        "must be a relative path"
    } else if sub_path.split('/').any(|part| part == "..") {
        "must not contain '..'"
    } else {
        return;
    };
    let what = format!("{field}.subPath: Invalid value: {}: {why}", quote(sub_path));
    job.refuse(code::INVALID_POD, &mount.path.name("subPath"), &what, None);
}

fn check_resources(job: &mut Job<'_>, place: &Place<'_>) {
    let Some(resources) = &place.container.resources else { return };
    let path = place.container.path.name("resources");
    for (list, quantities) in [("limits", &resources.limits), ("requests", &resources.requests)] {
        for (name, value) in quantities {
            let field = format!("{}.resources.{list}[{name}]", place.field);
            let path = path.name(list).name(name.as_str());
            if !is_resource(name) {
                let why = "must be a standard resource for containers";
                let what = format!("{field}: Invalid value: {}: {why}", quote(name));
                job.refuse(code::INVALID_POD, &path, &what, None);
            }
            if quantity::parse(value).is_ok_and(|value| value < 0.0) {
                let why = "must be greater than or equal to 0";
                let what = format!("{field}: Invalid value: {}: {why}", quote(value));
                job.refuse(code::INVALID_POD, &path, &what, None);
            }
        }
    }
    for (name, request) in &resources.requests {
        let Some(limit) = resources.limits.get(name) else { continue };
        if let (Ok(wanted), Ok(allowed)) = (quantity::parse(request), quantity::parse(limit))
            && wanted > allowed
        {
            let what = format!(
                "{}.resources.requests: Invalid value: {}: must be less than or equal to {name} limit of {limit}",
                place.field,
                quote(request)
            );
            job.refuse(code::INVALID_POD, &path.name("requests").name(name.as_str()), &what, None);
        }
    }
}

fn is_resource(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage")
        || name.starts_with("hugepages-")
        || name.contains('/')
}
