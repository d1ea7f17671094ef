//! Which of the tests were asked for.

use regex::Regex;

use crate::kratix::Workflow;

/// What the command line says about which tests to run.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Parts of names; without any, every name.
    pub(crate) names: Vec<String>,
    pub(crate) pattern: Option<Regex>,
    /// The name of a Promise.
    pub(crate) promise: Option<String>,
    pub(crate) workflow: Option<Workflow>,
}

/// A test, as far as a filter looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) name: &'a str,
    pub(crate) promise: &'a str,
    /// Unknown for a test that cannot be read.
    pub(crate) workflow: Option<Workflow>,
}

impl Filter {
    /// Whether anything is asked for at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.pattern.is_none() && self.promise.is_none() && self.workflow.is_none()
    }

    pub(crate) fn accepts(&self, test: &Candidate<'_>) -> bool {
        (self.names.is_empty() || self.names.iter().any(|name| test.name.contains(name)))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(test.name))
            && self.promise.as_ref().is_none_or(|promise| promise == test.promise)
            && self.workflow.is_none_or(|workflow| test.workflow == Some(workflow))
    }

    /// The first thing asked for that no test is, in the user's words.
    pub(crate) fn unmatched(&self, tests: &[Candidate<'_>]) -> Option<String> {
        let any = |fits: &dyn Fn(&Candidate<'_>) -> bool| tests.iter().any(fits);
        if let Some(name) = self.names.iter().find(|name| !any(&|test| test.name.contains(*name))) {
            return Some(format!("no test has `{name}` in its name"));
        }
        if let Some(pattern) =
            self.pattern.as_ref().filter(|pattern| !any(&|test| pattern.is_match(test.name)))
        {
            return Some(format!("no test's name matches /{pattern}/"));
        }
        if let Some(promise) = self.promise.as_ref().filter(|promise| !any(&|test| test.promise == **promise))
        {
            return Some(format!("no test is of a Promise named `{promise}`"));
        }
        if let Some(workflow) =
            self.workflow.filter(|workflow| !any(&|test| test.workflow == Some(*workflow)))
        {
            return Some(format!("no test is for {workflow}"));
        }
        let nothing = !self.is_empty() && !any(&|test| self.accepts(test));
        nothing.then(|| "no test is all that was asked for".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> [Candidate<'static>; 2] {
        let workflow = "resource/configure".parse().ok();
        ["small", "large"].map(|name| Candidate { name, promise: "redis", workflow })
    }

    #[test]
    fn names_are_parts_and_several_add_up() {
        let filter = Filter { names: vec!["mal".into(), "lar".into()], ..Filter::default() };
        assert!(candidates().iter().all(|test| filter.accepts(test)));
        assert_eq!(filter.unmatched(&candidates()), None);
    }

    #[test]
    fn what_matches_nothing_is_named() {
        let names = Filter { names: vec!["small".into(), "huge".into()], ..Filter::default() };
        assert_eq!(names.unmatched(&candidates()).as_deref(), Some("no test has `huge` in its name"));
        let promise = Filter { promise: Some("kafka".into()), ..Filter::default() };
        assert_eq!(
            promise.unmatched(&candidates()).as_deref(),
            Some("no test is of a Promise named `kafka`")
        );
        let both =
            Filter { names: vec!["small".into()], pattern: Regex::new("large").ok(), ..Filter::default() };
        assert_eq!(both.unmatched(&candidates()).as_deref(), Some("no test is all that was asked for"));
    }
}
