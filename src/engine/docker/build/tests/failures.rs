//! What is said of an image that does not build.

use std::fs;

use super::{Builder, failed, with, with_buildkit, with_each};
use crate::engine::{Build, Cache, Secret};

#[tokio::test]
async fn a_failing_command_is_told_with_its_line_its_code_and_what_it_printed() {
    with_each(async |builder| {
        let dockerfile = "# a comment\nFROM busybox:1.36\nRUN echo before\nRUN echo one; echo two >&2; exit 3\nRUN echo after";
        let failure = builder.failure(dockerfile).await;
        let instruction = failure.instruction.as_ref().unwrap();
        assert_eq!((instruction.line, failure.exit), (4, Some(3)), "{failure:?}");
        assert_eq!(instruction.text, "RUN echo one; echo two >&2; exit 3");
        let mut log = failure.log.clone();
        log.sort();
        assert_eq!(log, ["one", "two"]);
        assert_eq!(failure.to_string(), "its command ended with exit code 3");
    })
    .await;
}

#[tokio::test]
async fn a_dockerfile_that_cannot_be_built_says_where_and_why() {
    with_each(async |builder| {
        let expected =
            |buildkit: &'static str, classic: &'static str| if builder.classic { classic } else { buildkit };
        for (dockerfile, line, reason) in [
            ("FROM busybox:1.36\nNOPE x\n", Some(2), "unknown instruction: NOPE"),
            (
                "FROM busybox:1.36\nRUN true\nCOPY gone /\n",
                Some(3),
                expected("\"/gone\" not found", "COPY failed: file not found in build context"),
            ),
            ("FROM localhost:1/nowhere:1\n", Some(1), "localhost:1"),
        ] {
            let failure = builder.failure(dockerfile).await;
            assert!(failure.reason.contains(reason), "{failure:?}");
            assert_eq!(failure.instruction.as_ref().map(|found| found.line), line, "{failure:?}");
            assert_eq!(failure.exit, None);
        }
        let wanted = Build {
            target: "none",
            ..Build::new(builder.context("FROM busybox:1.36 AS some"), &builder.tag)
        };
        let failure = failed(builder.build(wanted).await.0);
        let expected = expected(
            "target stage none could not be found",
            "failed to reach build target none in Dockerfile",
        );
        assert_eq!(failure.reason, expected);
    })
    .await;
}

#[tokio::test]
async fn a_here_document_is_run_or_told_not_to_be_understood() {
    with_each(async |builder| {
        let mut context = builder.context("FROM busybox:1.36\nRUN <<EOF\necho here\necho document\nEOF\n");
        context.dockerfile.instructions.truncate(2);
        let (image, log) = builder.build(Build::new(context, &builder.tag)).await;
        match image {
            Ok(_) => assert!(log.contains("\nhere\ndocument\n"), "{log}"),
            image => {
                let failure = failed(image);
                assert_eq!(failure.instruction.as_ref().map(|found| found.line), Some(2), "{failure:?}");
                let hint = failure.hint.clone().unwrap_or_default();
                assert!(hint.contains("here-documents need the BuildKit of Docker 23"), "{failure:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_is_not_given_is_named() {
    with_buildkit(async |builder| {
        let text = "FROM busybox:1.36\nRUN --mount=type=secret,id=token,required cat /run/secrets/token";
        let failure = builder.failure(text).await;
        assert!(failure.reason.contains("secret token"), "{failure:?}");
    })
    .await;
}

#[tokio::test]
async fn what_only_buildkit_can_do_is_refused_by_the_classic_builder() {
    let work = async |builder: &Builder| {
        let secrets = [Secret::new("token", "x")];
        let caches = ["type=inline".parse::<Cache>().unwrap()];
        let wanted = || Build::new(builder.context("FROM busybox:1.36"), &builder.tag);
        for (build, what) in [
            (Build { secrets: &secrets, ..wanted() }, "secrets"),
            (Build { cache_from: &caches, ..wanted() }, "--cache-from"),
            (Build { cache_to: &caches, ..wanted() }, "--cache-to"),
        ] {
            let failure = failed(builder.build(build).await.0);
            assert_eq!(failure.reason, format!("{what} need BuildKit, and this is the classic builder"));
        }
        let failure = builder.failure("FROM busybox:1.36\nRUN --mount=type=cache,target=/c true").await;
        assert!(failure.hint.unwrap().contains("need BuildKit"));
    };
    with(true, &work).await;
}

#[tokio::test]
async fn a_frontend_that_no_registry_has_is_told_so() {
    with_buildkit(async |builder| {
        let failure = builder.failure("# syntax=localhost:1/docker/dockerfile:1\nFROM busybox:1.36").await;
        let expected = "localhost:1/docker/dockerfile:1, which `# syntax=` names, cannot be fetched: ";
        assert!(failure.reason.starts_with(expected), "{failure:?}");
        assert!(failure.hint.unwrap().contains("remove the line from there/Dockerfile"));
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_gone_when_it_is_sent_is_named() {
    with_each(async |builder| {
        builder.write("gone", "x");
        let context = builder.context("FROM busybox:1.36\nCOPY . /");
        fs::remove_file(builder.folder.path().join("context/gone")).unwrap();
        let error = builder.build(Build::new(context, &builder.tag)).await.0.unwrap_err().to_string();
        assert!(error.contains("gone: no such file or directory"), "{error}");
    })
    .await;
}
