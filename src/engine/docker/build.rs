//! Building an image, and reading the builder's log.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::BuildInfo;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder, BuilderVersion};
use futures_util::StreamExt;

use super::Docker;
use super::reason::{is_refusal, reason};
use crate::engine::{Build, EngineError, Image};

impl Docker {
    pub(super) async fn build_image(
        &self,
        build: Build<'_>,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<Image, EngineError> {
        let tag = build.tag;
        let options = options(&build);
        let context = bollard::body_full(build.context.into());
        let mut steps = self.patient.build_image(options, None, Some(context));
        let mut log = Log::default();
        let mut id = None;
        while let Some(step) = steps.next().await {
            let step = match step {
                Ok(step) => step,
                Err(error) => {
                    log.flush(on_line);
                    return Err(build_error(tag, &error));
                }
            };
            log.read(&step, on_line);
            id = step.aux.and_then(|image| image.id).or(id);
        }
        log.flush(on_line);
        let image = self.inspect(id.as_deref().unwrap_or(tag)).await?;
        image.ok_or_else(|| EngineError::BuildFailed {
            tag: tag.to_owned(),
            reason: "the builder ended without an image".to_owned(),
        })
    }
}

fn build_error(tag: &str, error: &Error) -> EngineError {
    let reason = reason(error);
    if is_refusal(error) {
        EngineError::BuildFailed { tag: tag.to_owned(), reason }
    } else {
        EngineError::Request { doing: format!("building image {tag}"), reason }
    }
}

/// The label says which images are ours; one that named the run would make every build a new image.
fn options(build: &Build<'_>) -> BuildImageOptions {
    let args: HashMap<&str, &str> =
        build.args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let labels = HashMap::from([(super::IMAGE_LABEL, build.tag)]);
    let mut options = BuildImageOptionsBuilder::new()
        .dockerfile(build.dockerfile)
        .t(build.tag)
        .rm(true)
        .forcerm(true)
        .buildargs(&args)
        .labels(&labels)
        .nocache(build.no_cache)
        .version(BuilderVersion::BuilderV1);
    if !build.target.is_empty() {
        options = options.target(build.target);
    }
    if !build.platform.is_empty() {
        options = options.platform(build.platform);
    }
    options.build()
}

/// As much of a line as is kept while its end is not there.
const LONGEST_LINE: usize = 64 << 10;

/// The builder's log, whose lines come in pieces.
#[derive(Default)]
struct Log {
    begun: String,
}

impl Log {
    fn read(&mut self, step: &BuildInfo, on_line: &mut dyn FnMut(&str)) {
        if let Some(text) = &step.stream {
            self.text(text, on_line);
        }
        // Of fetching a base image, the steps but not the moving of the bars.
        let moves = step.progress_detail.as_ref().is_some_and(|detail| detail.current.is_some());
        if let Some(status) = step.status.as_ref().filter(|_| !moves) {
            self.flush(on_line);
            match step.id.as_deref().filter(|id| !id.is_empty()) {
                Some(id) => on_line(&format!("{id}: {status}")),
                None => on_line(status),
            }
        }
    }

    fn text(&mut self, text: &str, on_line: &mut dyn FnMut(&str)) {
        for piece in text.split_inclusive('\n') {
            self.begun.push_str(piece);
            if piece.ends_with('\n') || self.begun.len() > LONGEST_LINE {
                self.flush(on_line);
            }
        }
    }

    fn flush(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.begun.is_empty() {
            on_line(self.begun.trim_end_matches(['\n', '\r']));
            self.begun.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    fn lines(steps: &[BuildInfo]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut log = Log::default();
        for step in steps {
            log.read(step, &mut |line| lines.push(line.to_owned()));
        }
        log.flush(&mut |line| lines.push(line.to_owned()));
        lines
    }

    fn text(text: &str) -> BuildInfo {
        BuildInfo { stream: Some(text.to_owned()), ..BuildInfo::default() }
    }

    fn status(status: &str, current: Option<i64>) -> BuildInfo {
        BuildInfo {
            id: Some("1.36".to_owned()),
            status: Some(status.to_owned()),
            progress_detail: Some(ProgressDetail { current, total: None }),
            ..BuildInfo::default()
        }
    }

    #[test]
    fn pieces_are_put_together_and_lines_taken_apart() {
        let steps = [text("Step 1/1 : FROM a"), text("\n"), text("b\r\n\nc"), text("d")];
        assert_eq!(lines(&steps), ["Step 1/1 : FROM a", "b", "", "cd"]);
    }

    #[test]
    fn a_line_without_end_is_handed_over_in_parts() {
        let step = text(&"x".repeat(LONGEST_LINE));
        assert_eq!(lines(&[step.clone(), step.clone(), step]).len(), 2);
    }

    #[test]
    fn fetching_a_base_is_told_without_its_progress() {
        let steps =
            [text("begun"), status("Pulling from library/busybox", None), status("Downloading", Some(1))];
        assert_eq!(lines(&steps), ["begun", "1.36: Pulling from library/busybox"]);
    }
}
