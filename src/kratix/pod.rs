//! The pod that a stage would be a container of, as far as the stage may learn of it.

use std::collections::BTreeMap;

use super::confinement::Resources;
use super::container::Container;
use super::object::Object;
use super::pipeline::Pipeline;
use super::promise::Promise;
use super::quantity;
use super::workflow::{Workflow, WorkflowType};

/// What a container may learn of the pod that it is in.
#[derive(Debug, Clone)]
pub(crate) struct Pod<'p> {
    pub(crate) pipeline: &'p Pipeline,
    /// Of the pod, not of the request.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) service_account: String,
    /// What a container that says nothing of resources gets.
    pub(crate) default_resources: Resources,
}

/// A limit of ephemeral storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiskLimit {
    pub(crate) bytes: u64,
    /// As it is written.
    pub(crate) text: String,
}

impl<'p> Pod<'p> {
    /// The namespace that promise workflows run in.
    pub(crate) const SYSTEM_NAMESPACE: &'static str = "kratix-platform-system";

    /// The pod of a pipeline, by names that are the same every time.
    pub(crate) fn new(
        promise: &Promise,
        workflow: Workflow,
        pipeline: &'p Pipeline,
        object: &Object,
    ) -> Self {
        let namespace = match (&promise.pipeline_namespace, workflow.kind) {
            (Some(namespace), _) => namespace.clone(),
            (None, WorkflowType::Promise) => Self::SYSTEM_NAMESPACE.to_owned(),
            (None, WorkflowType::Resource) => object.namespace.clone(),
        };
        let resource = match workflow.kind {
            WorkflowType::Promise => String::new(),
            WorkflowType::Resource => format!("-{}", object.name),
        };
        let service_account = pipeline.service_account.clone().filter(|name| !name.is_empty());
        Self {
            pipeline,
            namespace,
            name: format!("kratix-{}{resource}-{}-00000-00000", promise.name, pipeline.name),
            service_account: service_account.unwrap_or_else(|| pipeline.id(&promise.name, workflow)),
            default_resources: Resources::platform(),
        }
    }

    /// How much of its node's disk the pod may take before it is evicted: the largest limit among its containers. Those
    /// of Kratix have none, and all but one of the pod's are init containers, which do not run at the same time.
    pub(crate) fn disk_limit(&self) -> Option<DiskLimit> {
        let limit = |container: &Container| {
            let resources = container.resources.as_ref().unwrap_or(&self.default_resources);
            let text = resources.limits.get("ephemeral-storage")?;
            Some(DiskLimit { bytes: quantity::bytes(text)?, text: text.clone() })
        };
        self.pipeline.containers.iter().filter_map(limit).max_by_key(|limit| limit.bytes)
    }

    /// A field of the pod, by fixed values where a platform would choose.
    pub(super) fn field(&self, field: &str) -> Option<String> {
        let of = |map: &BTreeMap<String, String>, start: &str| {
            let key = field.strip_prefix(start)?.strip_prefix("['")?.strip_suffix("']")?;
            Some(map.get(key).cloned().unwrap_or_default())
        };
        Some(match field {
            "metadata.name" => self.name.clone(),
            "metadata.namespace" => self.namespace.clone(),
            "metadata.uid" => "00000000-0000-4000-8000-000000000002".to_owned(),
            "spec.nodeName" => "node".to_owned(),
            "spec.serviceAccountName" => self.service_account.clone(),
            "status.hostIP" | "status.hostIPs" | "status.podIP" | "status.podIPs" => "127.0.0.1".to_owned(),
            _ => {
                return of(&self.pipeline.labels, "metadata.labels")
                    .or_else(|| of(&self.pipeline.annotations, "metadata.annotations"));
            }
        })
    }

    /// A request or limit in units of the divisor, rounded up.
    pub(super) fn resource(
        &self,
        container: &Container,
        resource: &str,
        divisor: Option<&str>,
    ) -> Option<String> {
        let resources = container.resources.as_ref().unwrap_or(&self.default_resources);
        let quantity = match resource.split_once('.')? {
            ("limits", name) => resources.limits.get(name),
            ("requests", name) => resources.requests.get(name).or_else(|| resources.limits.get(name)),
            _ => None,
        }?;
        let divisor = divisor.map_or(Ok(1.0), quantity::parse).ok().filter(|divisor| *divisor > 0.0);
        let units = quantity::parse(quantity).ok()? / divisor.unwrap_or(1.0);
        Some(format!("{:.0}", units.ceil()))
    }
}
