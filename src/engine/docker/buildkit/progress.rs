//! What BuildKit tells of its steps, as lines, and what each step said last.

use std::collections::{HashMap, VecDeque};

use bollard_buildkit_proto::moby::buildkit::v1::{StatusResponse, Vertex, VertexStatus};

use crate::engine::docker::build::lines::Lines;

/// The lines of a step that are kept.
const KEPT: usize = 100;
/// A context that is sent says so again after so many bytes.
const STRIDE: i64 = 100 << 20;

/// The steps of a build, by digest.
#[derive(Default)]
pub(super) struct Progress {
    steps: HashMap<String, Step>,
    /// In the order in which they were heard of.
    order: Vec<String>,
    transfers: HashMap<(String, String), i64>,
}

#[derive(Default)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) error: String,
    begun: bool,
    lines: Lines,
    log: VecDeque<String>,
}

impl Step {
    /// The last lines that it printed.
    pub(super) fn log(&self) -> Vec<String> {
        self.log.iter().cloned().collect()
    }
}

impl Progress {
    pub(super) fn read(&mut self, status: &StatusResponse, on_line: &mut dyn FnMut(&str)) {
        for vertex in &status.vertexes {
            self.vertex(vertex, on_line);
        }
        for transfer in &status.statuses {
            self.transfer(transfer, on_line);
        }
        for log in &status.logs {
            let Step { lines, log: kept, .. } = self.step(&log.vertex);
            lines.read(&String::from_utf8_lossy(&log.msg), &mut |line| {
                keep(kept, line);
                on_line(line);
            });
        }
    }

    /// Hands over what has no end yet.
    pub(super) fn finish(&mut self, on_line: &mut dyn FnMut(&str)) {
        for digest in &self.order {
            if let Some(Step { lines, log, .. }) = self.steps.get_mut(digest) {
                lines.flush(&mut |line| {
                    keep(log, line);
                    on_line(line);
                });
            }
        }
    }

    /// The step that failed, and not one that was given up because of it.
    pub(super) fn failed(&self) -> Option<&Step> {
        let steps = self.order.iter().filter_map(|digest| self.steps.get(digest));
        let mut failed = steps.filter(|step| !step.error.is_empty());
        failed.clone().find(|step| !step.error.contains("canceled")).or_else(|| failed.next())
    }

    fn step(&mut self, digest: &str) -> &mut Step {
        if !self.steps.contains_key(digest) {
            self.order.push(digest.to_owned());
        }
        self.steps.entry(digest.to_owned()).or_default()
    }

    fn vertex(&mut self, vertex: &Vertex, on_line: &mut dyn FnMut(&str)) {
        let step = self.step(&vertex.digest);
        step.name.clone_from(&vertex.name);
        step.error.clone_from(&vertex.error);
        if step.begun || vertex.started.is_none() {
            return;
        }
        step.begun = true;
        // What the author did not write is of no interest unless it fails.
        if !vertex.name.starts_with("[internal]") {
            let cached = if vertex.cached { "CACHED " } else { "" };
            on_line(&format!("{cached}{}", vertex.name));
        }
    }

    fn transfer(&mut self, status: &VertexStatus, on_line: &mut dyn FnMut(&str)) {
        let told = self.transfers.entry((status.vertex.clone(), status.id.clone())).or_default();
        if status.current >= *told + STRIDE {
            *told = status.current;
            let name = status.id.trim_end_matches(':');
            on_line(&format!("{name}: {} MB", status.current / 1_000_000));
        }
    }
}

fn keep(log: &mut VecDeque<String>, line: &str) {
    if log.len() == KEPT {
        log.pop_front();
    }
    log.push_back(line.to_owned());
}

#[cfg(test)]
mod tests {
    use bollard_buildkit_proto::google::protobuf::Timestamp;
    use bollard_buildkit_proto::moby::buildkit::v1::VertexLog;

    use super::*;

    fn vertex(digest: &str, name: &str, error: &str) -> Vertex {
        Vertex {
            digest: digest.to_owned(),
            name: name.to_owned(),
            error: error.to_owned(),
            started: Some(Timestamp::default()),
            ..Vertex::default()
        }
    }

    fn log(digest: &str, text: &str) -> VertexLog {
        VertexLog { vertex: digest.to_owned(), msg: text.as_bytes().to_vec(), ..VertexLog::default() }
    }

    fn read(progress: &mut Progress, statuses: Vec<StatusResponse>) -> Vec<String> {
        let mut lines = Vec::new();
        for status in statuses {
            progress.read(&status, &mut |line| lines.push(line.to_owned()));
        }
        progress.finish(&mut |line| lines.push(line.to_owned()));
        lines
    }

    #[test]
    fn steps_are_told_once_and_their_output_in_whole_lines() {
        let vertexes = vec![
            vertex("i", "[internal] load build context", ""),
            Vertex { cached: true, ..vertex("a", "[1/2] FROM x", "") },
            vertex("b", "[2/2] RUN y", ""),
            Vertex { started: None, ..vertex("c", "later", "") },
        ];
        let first = StatusResponse {
            vertexes: vertexes.clone(),
            logs: vec![log("b", "one\ntw"), log("a", "other\n")],
            ..StatusResponse::default()
        };
        let second =
            StatusResponse { vertexes, logs: vec![log("b", "o\r\nrest")], ..StatusResponse::default() };
        assert_eq!(
            read(&mut Progress::default(), vec![first, second]),
            ["CACHED [1/2] FROM x", "[2/2] RUN y", "one", "other", "two", "rest"]
        );
    }

    #[test]
    fn the_step_that_failed_is_not_one_that_was_given_up() {
        let mut progress = Progress::default();
        let status = StatusResponse {
            vertexes: vec![vertex("a", "A", "context canceled"), vertex("b", "B", "exit code: 1")],
            logs: vec![log("a", "of a\n"), log("b", &"x\n".repeat(KEPT)), log("b", "last")],
            ..StatusResponse::default()
        };
        read(&mut progress, vec![status]);
        let failed = progress.failed().unwrap();
        assert_eq!(failed.name, "B");
        assert_eq!((failed.log().len(), failed.log().last().map(String::as_str)), (KEPT, Some("last")));
        assert!(Progress::default().failed().is_none());
    }

    #[test]
    fn a_large_context_is_told_of_as_it_is_sent() {
        let sent = |current| StatusResponse {
            statuses: vec![VertexStatus {
                id: "transferring context:".to_owned(),
                current,
                ..VertexStatus::default()
            }],
            ..StatusResponse::default()
        };
        let lines =
            read(&mut Progress::default(), vec![sent(1), sent(STRIDE), sent(STRIDE + 1), sent(3 * STRIDE)]);
        assert_eq!(lines, ["transferring context: 104 MB", "transferring context: 314 MB"]);
    }
}
