//! Why BuildKit did not build an image, in terms of the Dockerfile.

use bollard_buildkit_proto::google::rpc::Status as Details;
use bollard_buildkit_proto::pb::Range;
use prost::Message;
use serde::Deserialize;
use tonic::Status;

use super::progress::{Progress, Step};
use crate::engine::BuildFailure;
use crate::engine::docker::build::steps::{about_heredocs, complained_about, exit_code};
use crate::tree::context::{Context, Instruction};

/// What BuildKit puts around the reason.
const NOISE: [&str; 8] = [
    "failed to solve: ",
    "failed to solve with frontend dockerfile.v0: ",
    "failed to solve with frontend gateway.v0: ",
    "failed to build LLB: ",
    "failed to create LLB definition: ",
    "failed to read dockerfile: ",
    "failed to prepare: ",
    "error from sender: ",
];

pub(super) fn failure(
    context: &Context,
    status: &Status,
    progress: &Progress,
    troubles: &[String],
) -> BuildFailure {
    let reason = without_noise(status.message());
    let step = progress.failed();
    let name = step.map(|step| step.name.as_str()).unwrap_or_default();
    let found = complained_about(context, reason)
        .or_else(|| at_line(context, line(status.details())?))
        .or_else(|| named(context, name))
        .or_else(|| building_on(context, name));
    let troubles = (!troubles.is_empty()).then(|| troubles.join("; "));
    let failure = BuildFailure {
        reason: reason.to_owned(),
        hint: troubles.or_else(|| about_heredocs(reason, found.as_ref())),
        instruction: found,
        exit: exit_code(reason),
        log: step.map(Step::log).unwrap_or_default(),
    };
    match syntax(context) {
        Some(frontend) if is_about(frontend, reason, name) => no_frontend(failure, context, frontend),
        _ => failure,
    }
}

fn without_noise(message: &str) -> &str {
    let mut rest = message.trim();
    loop {
        let shorter = NOISE.iter().find_map(|noise| rest.strip_prefix(noise));
        // `rpc error: code = Unknown desc = ` is of nobody's interest either.
        let shorter =
            shorter.or_else(|| rest.strip_prefix("rpc error: ")?.split_once(" desc = ").map(|(_, it)| it));
        match shorter {
            Some(shorter) => rest = shorter,
            None => return rest,
        }
    }
}

/// Newer engines say where in the Dockerfile it is.
fn line(details: &[u8]) -> Option<usize> {
    #[derive(Clone, PartialEq, Message)]
    struct Source {
        #[prost(message, repeated, tag = "2")]
        ranges: Vec<Range>,
    }
    #[derive(Deserialize)]
    struct JsonSource {
        ranges: Vec<JsonRange>,
    }
    #[derive(Deserialize)]
    struct JsonRange {
        start: JsonPosition,
    }
    #[derive(Deserialize)]
    struct JsonPosition {
        line: usize,
    }
    let details = Details::decode(details).ok()?.details;
    details.iter().find_map(|detail| {
        if detail.type_url.ends_with("errdefs.Source") {
            let source = Source::decode(&*detail.value).ok()?;
            usize::try_from(source.ranges.first()?.start?.line).ok()
        } else if detail.type_url.ends_with("errdefs.Source+json") {
            let source: JsonSource = serde_json::from_slice(&detail.value).ok()?;
            source.ranges.first().map(|range| range.start.line)
        } else {
            None
        }
    })
}

fn at_line(context: &Context, line: usize) -> Option<Instruction> {
    context.dockerfile.instructions.iter().find(|instruction| instruction.line == line).cloned()
}

/// The instruction of a step: `[2/3] RUN x`, or of several stages `[build 2/3] RUN x`.
fn named(context: &Context, name: &str) -> Option<Instruction> {
    let (place, text) = name.strip_prefix('[')?.split_once("] ")?;
    if let Some(found) = context.instruction(text) {
        return Some(found.clone());
    }
    let (stage, number) = match place.rsplit_once(' ') {
        Some((stage, number)) => (Some(stage), number),
        None => (None, place),
    };
    let number: usize = number.split('/').next()?.parse().ok()?;
    let found = steps(context, stage).nth(number.checked_sub(1)?)?;
    let keyword = |text: &str| text.split_whitespace().next().map(str::to_ascii_uppercase);
    // Variables have been replaced in the name, so the rest may differ.
    (keyword(&found.text) == keyword(text)).then(|| found.clone())
}

/// The instruction that names the image of `[internal] load metadata for docker.io/library/busybox:latest`.
fn building_on(context: &Context, name: &str) -> Option<Instruction> {
    let image = name.strip_prefix("[internal] load metadata for ")?;
    let short = image.strip_prefix("docker.io/").unwrap_or(image);
    let short = short.strip_prefix("library/").unwrap_or(short);
    let names_it = |word: &str| {
        let word = word.strip_prefix("--from=").unwrap_or(word);
        [image, short].iter().any(|image| word == *image || Some(word) == image.strip_suffix(":latest"))
    };
    let mut instructions = context.dockerfile.instructions.iter();
    instructions.find(|instruction| instruction.text.split_whitespace().any(names_it)).cloned()
}

/// The instructions of a stage that are steps of their own; without a name, there is only one stage.
fn steps<'a>(context: &'a Context, stage: Option<&'a str>) -> impl Iterator<Item = &'a Instruction> {
    let mut count = 0;
    let mut current = String::new();
    context.dockerfile.instructions.iter().filter(move |instruction| {
        let words: Vec<&str> = instruction.text.split_whitespace().collect();
        let keyword = words.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
        if keyword == "FROM" {
            current = match words.iter().rev().nth(1).filter(|word| word.eq_ignore_ascii_case("as")) {
                Some(_) => words.last().map(|name| name.to_lowercase()).unwrap_or_default(),
                None => format!("stage-{count}"),
            };
            count += 1;
        }
        let is_step = matches!(keyword.as_str(), "FROM" | "RUN" | "COPY" | "ADD" | "WORKDIR");
        is_step && count > 0 && stage.is_none_or(|stage| stage == current)
    })
}

/// What `# syntax=` names, which counts at the very top alone.
fn syntax(context: &Context) -> Option<&str> {
    let text = std::str::from_utf8(&context.dockerfile.text).ok()?;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let (name, value) = line.trim_start().strip_prefix('#')?.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("syntax") {
            return value.split_whitespace().next();
        }
    }
    None
}

/// Whether a failure is about fetching the frontend, and not about the Dockerfile.
fn is_about(frontend: &str, reason: &str, step: &str) -> bool {
    let name = frontend.split(['@']).next().unwrap_or(frontend);
    let repository = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    };
    step.starts_with("resolve image config for") && step.contains(repository)
        || step.starts_with("docker-image://") && step.contains(repository)
        || reason.contains(&format!("/{repository}/manifests/"))
}

fn no_frontend(failure: BuildFailure, context: &Context, frontend: &str) -> BuildFailure {
    let instruction = Instruction { line: 1, text: format!("# syntax={frontend}") };
    let hint = format!(
        "`# syntax=` has BuildKit fetch {frontend} from its registry before it reads the Dockerfile: let the engine \
         reach a registry that has it, or remove the line from {}, where what the engine's BuildKit knows is enough",
        context.dockerfile.path.display()
    );
    BuildFailure {
        reason: format!("{frontend}, which `# syntax=` names, cannot be fetched: {}", failure.reason),
        hint: Some(failure.hint.map_or(hint.clone(), |troubles| format!("{hint}; {troubles}"))),
        instruction: Some(instruction),
        ..failure
    }
}

#[cfg(test)]
mod tests {
    use bollard_buildkit_proto::google::protobuf::{Any, Timestamp};
    use bollard_buildkit_proto::moby::buildkit::v1::{StatusResponse, Vertex};
    use tonic::Code;

    use super::*;
    use crate::tree::context::Dockerfile;

    fn context(text: &str) -> Context {
        let lines = text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#'));
        let instructions = lines.map(|(text, line)| Instruction { line, text: text.to_owned() }).collect();
        let dockerfile = Dockerfile {
            path: "a/Dockerfile".into(),
            text: text.as_bytes().to_vec(),
            instructions,
            ..Dockerfile::default()
        };
        Context { dockerfile, ..Context::default() }
    }

    fn progress(step: &str) -> Progress {
        let vertex = Vertex {
            name: step.to_owned(),
            error: "failed".to_owned(),
            started: Some(Timestamp::default()),
            ..Vertex::default()
        };
        let mut progress = Progress::default();
        progress.read(&StatusResponse { vertexes: vec![vertex], ..StatusResponse::default() }, &mut |_| {});
        progress
    }

    fn of(text: &str, message: &str, step: &str) -> BuildFailure {
        failure(&context(text), &Status::unknown(message), &progress(step), &[])
    }

    fn line_of(text: &str, step: &str) -> Option<usize> {
        of(text, "exit code: 1", step).instruction.map(|instruction| instruction.line)
    }

    const STAGES: &str =
        "FROM a AS Build\nARG X\nRUN same\nENV Y=1\nWORKDIR /w\nFROM b\nRUN same\nCOPY --from=build $X /\n";

    #[test]
    fn a_step_is_found_in_the_dockerfile() {
        for (step, line) in [
            ("[build 2/3] RUN same", Some(3)),
            ("[stage-1 2/3] RUN same", Some(7)),
            ("[stage-1 3/3] COPY --from=build value /", Some(8)),
            ("[build 3/3] WORKDIR /w", Some(5)),
            ("[build 3/3] RUN other", None),
            ("exporting to image", None),
            ("", None),
        ] {
            assert_eq!(line_of(STAGES, step), line, "{step}");
        }
        assert_eq!(line_of("FROM a\nRUN same\nRUN same", "[3/3] RUN same"), Some(3));
    }

    #[test]
    fn an_image_that_is_nowhere_is_found_where_it_is_named() {
        let text =
            "FROM busybox:1.36\nFROM team/app AS x\nFROM host:5000/y@sha256:00\nCOPY --from=alpine / /";
        for (image, line) in [
            ("docker.io/library/busybox:1.36", Some(1)),
            ("docker.io/team/app:latest", Some(2)),
            ("host:5000/y@sha256:00", Some(3)),
            ("docker.io/library/alpine:latest", Some(4)),
            ("docker.io/library/other:latest", None),
        ] {
            assert_eq!(line_of(text, &format!("[internal] load metadata for {image}")), line, "{image}");
        }
    }

    #[test]
    fn a_reason_is_told_without_what_is_around_it() {
        let message = "failed to solve with frontend dockerfile.v0: rpc error: code = Unknown desc = failed to build LLB: \
                       executor failed running [/bin/sh -c x]: exit code: 127";
        let failure = of("FROM a\nRUN x", message, "[2/2] RUN x");
        assert_eq!(failure.reason, "executor failed running [/bin/sh -c x]: exit code: 127");
        assert_eq!(failure.exit, Some(127));
    }

    #[test]
    fn a_newer_engine_says_the_line_itself() {
        use bollard_buildkit_proto::pb::Position;
        let position = Some(Position { line: 7, character: 0 });
        let mut range = vec![0x12];
        let encoded = Range { start: position, end: position }.encode_to_vec();
        range.push(u8::try_from(encoded.len()).unwrap());
        range.extend(encoded);
        let json = br#"{"info":{"filename":"Dockerfile"},"ranges":[{"start":{"line":7},"end":{"line":7}}]}"#;
        for (type_url, value) in [
            ("type.googleapis.com/errdefs.Source", range),
            ("github.com/moby/buildkit/errdefs.Source+json", json.to_vec()),
        ] {
            let detail = Any { type_url: type_url.to_owned(), value };
            let details = Details { details: vec![Any::default(), detail], ..Details::default() };
            let status = Status::with_details(Code::Unknown, "no", details.encode_to_vec().into());
            let found = failure(&context(STAGES), &status, &progress("[build 2/3] RUN same"), &[]);
            assert_eq!(found.instruction.map(|found| found.line), Some(7), "{type_url}");
        }
        assert_eq!(line(b"garbled"), None);
    }

    #[test]
    fn a_frontend_that_cannot_be_fetched_is_told_with_what_to_do() {
        let text = "# syntax = docker/dockerfile:1.4\nFROM a\n";
        let reason = "failed to do request: Head \"https://registry-1.docker.io/v2/docker/dockerfile/manifests/1.4\": dial tcp";
        for step in ["resolve image config for docker.io/docker/dockerfile:1.4", ""] {
            let failure = of(text, reason, step);
            assert!(
                failure
                    .reason
                    .starts_with("docker/dockerfile:1.4, which `# syntax=` names, cannot be fetched: failed"),
                "{failure:?}"
            );
            assert!(failure.hint.unwrap().contains("remove the line from a/Dockerfile"));
            assert_eq!(failure.instruction.unwrap().line, 1);
        }
        let failure = of(text, "exit code: 1", "[2/2] RUN x");
        assert_eq!((failure.reason.as_str(), failure.hint), ("exit code: 1", None));
        assert_eq!(syntax(&context("# a comment\n# syntax=a\n")), None);
        assert_eq!(syntax(&context("# escape=`\n#syntax=a/b:c\nFROM x")), Some("a/b:c"));
    }

    #[test]
    fn what_helpers_complained_of_is_told_with_the_failure() {
        let troubles = ["docker-credential-x is not on PATH".to_owned()];
        let failure = failure(&context("FROM a"), &Status::unknown("denied"), &progress(""), &troubles);
        assert_eq!(failure.hint.as_deref(), Some("docker-credential-x is not on PATH"));
    }
}
