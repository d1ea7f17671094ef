//! What varies from run to run of a new test: found by running it twice, before it is taken for what is always left.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::findings::weigh;
use super::images::Images;
use super::judgement;
use super::platform::Platform;
use super::test::Plan;
use super::{Job, Runner, Stop};
use crate::compare::Spot;
use crate::engine::Engine;
use crate::kratix::Object;
use crate::outcome::TestOutcome;

impl<E: Engine> Runner<'_, E> {
    /// Runs a test a second time, from the start, and finds what it leaves otherwise.
    pub(super) async fn find_varying(
        &self,
        job: &Job<'_>,
        plan: &Plan<'_>,
        object: Object,
        images: &Images,
        outcome: &mut TestOutcome,
    ) -> Result<(), Stop> {
        tokio::time::sleep(until_next_second()).await;
        let mut platform = Platform::new(&job.suite.promise, plan.target.workflow, object);
        let results = outcome.results.join("another-run");
        let again = self.run_workflow(job, plan, &mut platform, &results, images).await?;
        if !again.failures.is_empty() || weigh(&again.findings, plan.settings).fails() {
            let remark =
                "run a second time, it did not end as the first time: look into that before it is relied on";
            outcome.remarks.push(remark.to_owned());
            return Ok(());
        }
        let (varying, unmarked) = judgement::varying(plan, &outcome.pipelines, &again.pipelines)?;
        outcome.varying = varying;
        let remark = |file: &String| {
            format!(
                "{file} is another one at every run, in a way that no mark in it can say: `filters:` or `ignore:` in \
                 kratix-test.yaml can"
            )
        };
        outcome.remarks.extend(unmarked.iter().map(remark));
        Ok(())
    }
}

/// Most clocks that a pipeline looks at tell seconds: in the same one, nothing would differ.
fn until_next_second() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(1).saturating_sub(Duration::from_nanos(now.subsec_nanos().into()))
}

/// What is marked in the files that a pipeline left.
pub(super) fn spots(pipeline: &str, outcome: &TestOutcome) -> BTreeMap<String, Vec<Spot>> {
    let mut spots: BTreeMap<String, Vec<Spot>> = BTreeMap::new();
    for varying in outcome.varying.iter().filter(|varying| varying.pipeline == pipeline) {
        spots.entry(varying.proposal.file.clone()).or_default().push(varying.proposal.spot.clone());
    }
    spots
}
