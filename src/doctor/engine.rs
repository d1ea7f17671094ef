//! Which engine there is, and why it is this one.

use super::Probe;
use crate::engine::{About, Address, EngineError, Why};

const NAME: &str = "engine";

/// Whether an engine answers.
pub(crate) fn answers(address: &Address) -> Probe {
    Probe::ok(NAME, format!("answers at {} ({})", address.endpoint, address.why))
}

/// Why none does.
pub(crate) fn silent(error: &EngineError) -> Probe {
    let probe = Probe::problem(NAME, error.to_string());
    match error {
        EngineError::Unreachable { hint, .. } => probe.hint(hint),
        _ => probe,
    }
}

/// Its version. One that is too old does not get that far.
pub(crate) fn version(About { name, version, api, system, .. }: &About) -> Probe {
    let system = if system.is_empty() { String::new() } else { format!(", on {system}") };
    Probe::ok("version", format!("{name} {version} with API {api}{system}"))
}

/// What builds images.
pub(crate) fn builder(about: &About) -> Probe {
    let text = if about.name == "Podman" { "Buildah, since Podman has no BuildKit" } else { "BuildKit" };
    Probe::ok("builder", text)
}

/// The docker context: the one in use, or the one that something else overrules.
pub(crate) fn context(why: &Why, default: Option<String>) -> Probe {
    let by = match why {
        Why::Context { name, .. } => return Probe::ok("context", name.clone()),
        Why::Asked => "--host",
        Why::DockerHost => "DOCKER_HOST",
        Why::Usual(_) => return Probe::ok("context", "default"),
    };
    match default {
        Some(name) => {
            let probe = Probe::warning("context", format!("{name} is chosen, and {by} overrules it"));
            if by == "DOCKER_HOST" { probe.mend("unset DOCKER_HOST") } else { probe }
        }
        None => Probe::ok("context", format!("none: {by} says where the engine is")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_context_that_docker_host_overrules_is_a_warning() {
        let probe = context(&Why::DockerHost, Some("far".to_owned()));
        assert_eq!(
            (probe.verdict, probe.text.as_str()),
            (Verdict::Warning, "far is chosen, and DOCKER_HOST overrules it")
        );
        assert_eq!(probe.mend.as_deref(), Some("unset DOCKER_HOST"));
        assert_eq!(context(&Why::DockerHost, None).text, "none: DOCKER_HOST says where the engine is");
        assert_eq!(context(&Why::Usual("the default"), Some("far".to_owned())).text, "default");
        let far = Why::Context { name: "far".to_owned(), by: None };
        assert_eq!(context(&far, None).text, "far");
    }
}
