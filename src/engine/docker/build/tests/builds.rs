//! What may be asked of a build, and what it leaves.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use futures_util::future::join_all;

use super::{failed, with_buildkit, with_each};
use crate::engine::{Build, Cache, Secret};

#[tokio::test]
async fn an_image_is_built_with_its_arguments_its_target_and_its_labels() {
    with_each(async |builder| {
        let dockerfile = "FROM busybox:1.36 AS first\nARG WORD\nRUN echo \"<$WORD>\"\nUSER 65532:7\nFROM first\nRUN false\n";
        let args = BTreeMap::from([("WORD".to_owned(), builder.tag.clone())]);
        let labels = BTreeMap::from([("own".to_owned(), "label".to_owned())]);
        let wanted = Build::new(builder.context(dockerfile), &builder.tag);
        let wanted = Build { args: &args, labels: &labels, target: "first", ..wanted };
        let (image, log) = builder.build(wanted).await;
        let image = image.unwrap();
        assert_eq!(image.user, "65532:7");
        assert!(log.contains(&format!("\n<{}>\n", builder.tag)), "{log}");
        assert!(log.contains("FROM busybox:1.36") || log.contains("FROM docker.io/library/busybox"), "{log}");
        let found = builder.docker.api.inspect_image(&builder.tag).await.unwrap();
        assert_eq!(found.id, Some(image.id));
        let labels = found.config.unwrap().labels.unwrap();
        assert_eq!(labels["own"], "label");
        assert_eq!(labels["dev.kratix-test.image"], builder.tag);
    })
    .await;
}

#[tokio::test]
async fn an_instruction_may_have_a_cache_of_its_own() {
    with_buildkit(async |builder| {
        let dockerfile = format!(
            "FROM busybox:1.36\nRUN --mount=type=cache,target=/c,id={tag} ls /c; echo x > /c/kept\n\
             RUN --mount=type=cache,target=/c,id={tag} ls /c; test ! -e /c/none\n",
            tag = builder.tag
        );
        let (image, log) = builder.build_text(&dockerfile).await;
        image.unwrap();
        assert!(log.contains("\nkept\n"), "{log}");
    })
    .await;
}

/// The frontend that BuildKit has built in knows them since Docker 23.

#[tokio::test]
async fn a_secret_is_there_in_the_build_and_nowhere_else() {
    with_buildkit(async |builder| {
        let dockerfile = format!(
            "FROM busybox:1.36\nRUN --mount=type=secret,id=token wc -c </run/secrets/token; : {}\n\
             RUN test ! -s /run/secrets/token\n",
            builder.tag
        );
        let dockerfile = dockerfile.as_str();
        let secrets = [Secret::new("token", "hidden-value")];
        let wanted = Build { secrets: &secrets, ..Build::new(builder.context(dockerfile), &builder.tag) };
        let (image, log) = builder.build(wanted).await;
        image.unwrap();
        assert!(log.contains("\n12\n") && !log.contains("hidden-value"), "{log}");
        let found = builder.docker.api.inspect_image(&builder.tag).await.unwrap();
        assert!(!format!("{}{found:?}", builder.history().await).contains("hidden-value"));
        // Another value of it is no reason to build again.
        let secrets = [Secret::new("token", "another")];
        let wanted = Build { secrets: &secrets, ..Build::new(builder.context(dockerfile), &builder.tag) };
        let (_, log) = builder.build(wanted).await;
        assert!(log.contains("CACHED [2/3] RUN"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_taken_from_the_cache_where_that_is_asked() {
    with_each(async |builder| {
        let dockerfile = format!("FROM busybox:1.36\nRUN echo ran; : {}\n", builder.tag);
        let build = async |no_cache| {
            let wanted = Build { no_cache, ..Build::new(builder.context(&dockerfile), &builder.tag) };
            let (image, log) = builder.build(wanted).await;
            image.unwrap();
            log.contains("\nran\n")
        };
        assert_eq!((build(false).await, build(false).await, build(true).await), (true, false, true));
    })
    .await;
}

#[tokio::test]
async fn the_engines_own_platform_may_be_asked_for_and_one_that_is_none_is_refused() {
    with_each(async |builder| {
        let version = builder.docker.api.version().await.unwrap();
        let platform = format!("linux/{}", version.arch.unwrap());
        let wanted = || Build::new(builder.context("FROM busybox:1.36"), &builder.tag);
        builder.build(Build { platform: &platform, ..wanted() }).await.0.unwrap();
        let failure = failed(builder.build(Build { platform: "no such", ..wanted() }).await.0);
        assert!(failure.reason.contains("no such"), "{failure:?}");
    })
    .await;
}

#[tokio::test]
async fn a_cache_is_handed_to_buildkit_as_it_is() {
    with_buildkit(async |builder| {
        let caches = |text: &str| [text.parse::<Cache>().unwrap()];
        let wanted = || Build::new(builder.context("FROM busybox:1.36\nRUN true"), &builder.tag);
        let inline = caches("type=inline");
        builder.build(Build { cache_to: &inline, ..wanted() }).await.0.unwrap();
        let unknown = caches("type=no-such");
        let failure = failed(builder.build(Build { cache_to: &unknown, ..wanted() }).await.0);
        assert!(failure.reason.contains("no-such"), "{failure:?}");
        // A cache that is not reached is no reason not to build.
        let (image, log) = builder.build(Build { cache_from: &caches("localhost:1/none"), ..wanted() }).await;
        image.unwrap();
        assert!(log.contains("localhost:1/none"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn only_what_changed_is_sent_again_and_it_is_what_is_built() {
    with_buildkit(async |builder| {
        builder.write("a/same", "same");
        builder.write("a/changing", "one");
        let text = format!("FROM busybox:1.36\nCOPY a /a\nRUN cat /a/*; : {}", builder.tag);
        let seen = async || {
            let (image, log) = builder.build_text(&text).await;
            image.unwrap();
            log
        };
        let log = seen().await;
        assert!(log.contains("onesame"), "{log}");
        builder.write("a/changing", "two");
        fs::remove_file(builder.folder.path().join("context/a/same")).unwrap();
        builder.write("a/new", "new");
        let log = seen().await;
        assert!(log.contains("twonew") && !log.contains("same"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn many_images_are_built_at_once() {
    with_each(async |builder| {
        builder.write("file", "x");
        let build = async |number: usize| {
            let tag = format!("{}-{number}", builder.tag);
            let text = format!("FROM busybox:1.36\nCOPY file /\nRUN echo {number}; : {tag}\n");
            let (image, log) = builder.build(Build::new(builder.context(&text), &tag)).await;
            builder.remove(&tag).await;
            (image.is_ok(), log.contains(&format!("\n{number}\n")))
        };
        let built = join_all((0..8).map(build)).await;
        assert!(built.iter().all(|built| *built == (true, true)), "{built:?}");
    })
    .await;
}

#[tokio::test]
async fn a_build_that_is_given_up_stops_and_leaves_nothing() {
    with_each(async |builder| {
        let text = format!("FROM busybox:1.36\nRUN echo begun; sleep 5; echo {} > /dev/null", builder.tag);
        let build = Build::new(builder.context(&text), &builder.tag);
        let (begun, begins) = tokio::sync::oneshot::channel();
        let mut begun = Some(begun);
        let mut on_line = |line: &str| {
            if line == "begun" {
                begun.take().unwrap().send(()).unwrap();
            }
        };
        tokio::select! {
            built = builder.docker.build_image(build, &mut on_line) => panic!("{built:?}"),
            begun = begins => begun.unwrap(),
        }
        // The step would end by itself, so what is gone before that was stopped.
        let mut left = builder.left().await;
        for _ in 0..40 {
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            left = builder.left().await;
        }
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(builder.docker.inspect(&builder.tag).await.unwrap(), None);
    })
    .await;
}
