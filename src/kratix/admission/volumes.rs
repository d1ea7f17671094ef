//! Whether a pipeline's volumes can stand beside Kratix's own.

use super::super::names;
use super::super::problem::code;
use super::super::read::integer;
use super::super::schema::quote;
use super::super::strict::field;
use super::super::volume::{Volume, VolumeSource};
use super::job::Job;

const SHARED: [&str; 3] = ["shared-input", "shared-output", "shared-metadata"];
/// What a volume may be made from, in the order that Kubernetes looks.
const SOURCES: [&str; 12] = [
    "emptyDir",
    "hostPath",
    "secret",
    "nfs",
    "iscsi",
    "persistentVolumeClaim",
    "downwardAPI",
    "configMap",
    "projected",
    "csi",
    "ephemeral",
    "image",
];
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
        check_one_source(job, volume, &field);
        check_mode(job, volume, &field);
    }
}

/// A volume is made from one thing alone.
fn check_one_source(job: &mut Job<'_>, volume: &Volume, place: &str) {
    let Some(node) = job.promise.root.at_path(&volume.path) else { return };
    let given = SOURCES.iter().filter(|source| field(node, source).is_some_and(|node| !node.is_null()));
    for source in given.skip(1) {
        let what = format!("{place}.{source}: Forbidden: may not specify more than 1 volume type");
        job.refuse(code::INVALID_POD, &volume.path.name(*source), &what, None);
    }
}

/// The permissions of its files are nine bits.
fn check_mode(job: &mut Job<'_>, volume: &Volume, place: &str) {
    let Some(node) = job.promise.root.at_path(&volume.path) else { return };
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        let mode = field(node, source).and_then(|source| integer(source, "defaultMode"));
        let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) else { continue };
        let why = "must be a number between 0 and 0777 (octal), both inclusive";
        let what = format!("{place}.{source}.defaultMode: Invalid value: {mode}: {why}");
        let hint = "write it as an octal number: 0644".to_owned();
        job.refuse(code::INVALID_POD, &volume.path.name(source).name("defaultMode"), &what, Some(hint));
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
