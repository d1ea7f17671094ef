//! Whether a pipeline's volumes can stand beside Kratix's own.

use super::super::names;
use super::super::problem::code;
use super::super::schema::quote;
use super::super::volume::{Volume, VolumeSource};
use super::job::Job;

const SHARED: [&str; 3] = ["shared-input", "shared-output", "shared-metadata"];
/// Only where there is a Work to schedule.
const SCHEDULING: &str = "promise-scheduling";

/// The names of Kratix's own volumes, in their order.
pub(super) fn own(job: &Job<'_>) -> Vec<&'static str> {
    let scheduling = job.configures().then_some(SCHEDULING);
    scheduling.into_iter().chain(SHARED).collect()
}

/// Notes everything that Kubernetes refuses of a pipeline's volumes.
pub(super) fn check(job: &mut Job<'_>) {
    let own = own(job);
    let volumes = &job.pipeline.volumes;
    for (index, volume) in volumes.iter().enumerate() {
        let field = format!("spec.template.spec.volumes[{}]", own.len() + index);
        let path = volume.path.name("name");
        let name = quote(&volume.name);
        if volume.name.is_empty() {
            job.refuse(code::INVALID_POD, &path, &format!("{field}.name: Required value"), None);
        } else if own.contains(&volume.name.as_str()) {
            let hint = "Kratix has a volume of this name: choose another".to_owned();
            job.refuse(
                code::VOLUME_TAKEN,
                &path,
                &format!("{field}.name: Duplicate value: {name}"),
                Some(hint),
            );
        } else if volumes[..index].iter().any(|other| other.name == volume.name) {
            job.refuse(code::VOLUME_TAKEN, &path, &format!("{field}.name: Duplicate value: {name}"), None);
        }
        for why in names::refuse_label(&volume.name).into_iter().filter(|_| !volume.name.is_empty()) {
            job.refuse(
                code::INVALID_POD,
                &path,
                &format!("{field}.name: Invalid value: {name}: {why}"),
                None,
            );
        }
        check_source(job, volume, &field);
    }
}

/// What the volume is made from must be named.
fn check_source(job: &mut Job<'_>, volume: &Volume, field: &str) {
    let (source, name) = match &volume.source {
        VolumeSource::ConfigMap(files) if files.name.is_empty() => ("configMap", "name"),
        VolumeSource::Secret(files) if files.name.is_empty() => ("secret", "secretName"),
        VolumeSource::HostPath(host) if host.is_empty() => ("hostPath", "path"),
        _ => return,
    };
    let path = volume.path.name(source).name(name);
    job.refuse(code::INVALID_POD, &path, &format!("{field}.{source}.{name}: Required value"), None);
}
