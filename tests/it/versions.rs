//! Engines of other ages: what they are never asked.

use crate::case::Case;
use crate::proxy::{Proxy, Versions};

/// Runs a whole fixture against an engine that answers what it does not speak as docker does.
fn run_against(versions: Versions) -> Vec<String> {
    let case = Case::fixture("elastic-cloud");
    let socket = case.path().join("engine.sock");
    let proxy = Proxy::speaking(versions, &socket);
    case.run(&["run", "--host", &format!("unix://{}", socket.display())]).exits(0).says("2 tests: 2 passed");
    let requests = proxy.requests();
    let asked = |start: &str| requests.iter().any(|line| line.contains(start));
    assert!(asked("/containers/create") && asked("/attach") && asked("/version"), "{requests:#?}");
    requests
}

/// The version in the path of a request, if it names one.
fn version(request: &str) -> Option<(u32, u32)> {
    let path = request.split(' ').nth(1)?.strip_prefix("/v")?;
    let (major, minor) = path.split('/').next()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[test]
fn an_engine_that_begins_with_1_44_gets_no_older_call() {
    let requests = run_against(Versions { oldest: (1, 44), newest: (1, 52) });
    assert!(
        requests.iter().filter_map(|line| version(line)).all(|version| version >= (1, 44)),
        "{requests:#?}"
    );
}

#[test]
fn an_engine_that_ends_with_1_41_gets_no_newer_call() {
    let requests = run_against(Versions { oldest: (1, 12), newest: (1, 41) });
    assert!(
        requests.iter().filter_map(|line| version(line)).all(|version| version <= (1, 41)),
        "{requests:#?}"
    );
}

#[test]
fn an_engine_that_is_too_old_is_refused_with_what_to_do() {
    let case = Case::stage("true").test("a");
    let socket = case.path().join("engine.sock");
    let proxy = Proxy::speaking(Versions { oldest: (1, 12), newest: (1, 40) }, &socket);
    case.run(&["run", "--host", &format!("unix://{}", socket.display())])
        .exits(3)
        .says("is too old: it speaks version 1.40 of the API, and 1.41 is needed")
        .says("hint: update it to Docker 20.10, Podman 4, or later");
    assert!(!proxy.requests().iter().any(|line| line.contains("/containers/create")));
}
