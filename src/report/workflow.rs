//! What Kratix would make of what was left, on demand: where each file would be scheduled, and the object's final status.

use super::paint::Paint;
use crate::outcome::{PipelineOutcome, Scheduled, TestOutcome};
use crate::yaml::emit;

/// The Works and the status of a test; nothing where there are none.
pub(crate) fn render(test: &TestOutcome, paint: Paint) -> String {
    let mut text: String = test.pipelines.iter().map(|pipeline| work(pipeline, paint)).collect();
    if let Some(status) = &test.status {
        text.push_str(&format!("{}\n", paint.bold("status at the end")));
        text.extend(emit(status).lines().map(|line| format!("  {line}\n")));
    }
    text
}

fn work(pipeline: &PipelineOutcome, paint: Paint) -> String {
    let Some(work) = &pipeline.work else { return String::new() };
    let mut text = format!("{}\n", paint.bold(format!("{} schedules", pipeline.name)));
    if work.groups.is_empty() {
        text.push_str("  nothing: what an earlier run scheduled is removed\n");
    }
    for group in &work.groups {
        let labels: Vec<String> =
            group.resolved().iter().map(|(key, value)| format!("{key}={value}")).collect();
        let to = if labels.is_empty() { "any Destination".to_owned() } else { labels.join(",") };
        text.push_str(&format!("  {} {}\n", group.directory, paint.dim(format!("→ {to}"))));
        let scheduled = pipeline.scheduled.iter().find(|scheduled| scheduled.directory == group.directory);
        match scheduled {
            Some(scheduled) => text.push_str(&places(scheduled)),
            None => text.extend(group.workloads.iter().map(|workload| format!("    {workload}\n"))),
        }
    }
    text
}

fn places(scheduled: &Scheduled) -> String {
    if scheduled.places.is_empty() {
        return "    no Destination matches\n".to_owned();
    }
    let place = |(destination, paths): &(String, Vec<String>)| {
        let paths: String = paths.iter().map(|path| format!("      {path}\n")).collect();
        format!("    on {destination}\n{paths}")
    };
    let one_of = !scheduled.all && scheduled.places.len() > 1;
    let which = if one_of { "    on one of these, chosen at random:\n" } else { "" };
    which.to_owned() + &scheduled.places.iter().map(place).collect::<String>()
}
