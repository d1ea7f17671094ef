//! Whether the API server would take the Job that Kratix makes of a pipeline.

use crate::yaml::KeyPath;

use super::super::names;
use super::super::pipeline::Pipeline;
use super::super::problem::{Problem, code};
use super::super::promise::Promise;
use super::super::schema::quote;
use super::super::workflow::{Workflow, WorkflowAction};
use super::crd::unsupported;
use super::{container, name_path, placement, volumes};

/// What the checks of a pipeline's Job share.
pub(super) struct Job<'p> {
    pub(super) promise: &'p Promise,
    pub(super) workflow: Workflow,
    pub(super) pipeline: &'p Pipeline,
    problems: Vec<Problem>,
}

/// Everything that the dry run of a pipeline's Job refuses.
pub(super) fn check(promise: &Promise, workflow: Workflow, pipeline: &Pipeline) -> Vec<Problem> {
    let mut job = Job { promise, workflow, pipeline, problems: Vec::new() };
    job.check_backoff_limit();
    volumes::check(&mut job);
    container::check(&mut job);
    placement::check(&mut job);
    job.check_restart_policy();
    job.check_service_account();
    job.problems
}

impl Job<'_> {
    /// Whether it has the container that makes a Work of the output.
    pub(super) fn configures(&self) -> bool {
        self.workflow.action == WorkflowAction::Configure
    }

    /// Notes a problem of the Job, in the words of the webhook; `what` begins with the field.
    pub(super) fn refuse(&mut self, code: u16, path: &KeyPath, what: &str, hint: Option<String>) {
        let text = format!(
            "{} pipeline with name {} failed to generate Job definition: \nJob.batch {} is invalid: {what}",
            self.workflow.dotted(),
            self.pipeline.name,
            quote(&self.name()),
        );
        let at = self.promise.locate(path);
        self.problems.push(Problem { code, text, path: path.clone(), at, hint });
    }

    /// Notes a problem that is not of the Job's definition.
    pub(super) fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The name of the Job that the webhook tries, with zeros for what is random.
    fn name(&self) -> String {
        let request = match self.workflow.kind {
            super::WorkflowType::Promise => "",
            super::WorkflowType::Resource => "-webhook-dry-run",
        };
        let base = format!("kratix-{}{request}-{}", self.promise.name, self.pipeline.name);
        let base: String = if base.len() > 57 { base.chars().take(56).collect() } else { base };
        format!("{}-00000", base.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()))
    }

    fn check_backoff_limit(&mut self) {
        if let Some(limit) = self.pipeline.backoff_limit.filter(|limit| *limit < 0) {
            let path = self.pipeline.path.name("spec").name("jobOptions").name("backoffLimit");
            let what =
                format!("spec.backoffLimit: Invalid value: {limit}: must be greater than or equal to 0");
            self.refuse(code::INVALID_POD, &path, &what, None);
        }
    }

    fn check_restart_policy(&mut self) {
        const FIELD: &str = "spec.template.spec.restartPolicy";
        let Some(policy) = self.pipeline.restart_policy.clone() else { return };
        let path = self.pipeline.path.name("spec").name("restartPolicy");
        match policy.as_str() {
            "" | "OnFailure" | "Never" => {}
            "Always" => {
                let what = format!("{FIELD}: Required value: valid values: \"OnFailure\", \"Never\"");
                let hint = "write OnFailure or Never, or leave it out".to_owned();
                self.refuse(code::RESTART_POLICY, &path, &what, Some(hint));
            }
            other => {
                let (what, hint) = unsupported(FIELD, other, &["Always", "OnFailure", "Never"]);
                self.refuse(code::RESTART_POLICY, &path, &what, hint);
            }
        }
    }

    /// Kratix names the service account after the pipeline, and so finds the names that Kubernetes does not take.
    fn check_service_account(&mut self) {
        let own = self.pipeline.service_account.clone().filter(|name| !name.is_empty());
        let path = match own {
            Some(_) => self.pipeline.path.name("spec").name("rbac").name("serviceAccount"),
            None => name_path(self.pipeline),
        };
        let account = own.unwrap_or_else(|| self.pipeline.id(&self.promise.name, self.workflow));
        for why in names::refuse_subdomain(&account) {
            let what =
                format!("spec.template.spec.serviceAccountName: Invalid value: {}: {why}", quote(&account));
            self.refuse(code::INVALID_POD, &path, &what, None);
        }
    }
}
