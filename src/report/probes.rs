//! What `doctor` found, as text and as JSON.

use serde::Serialize;

use super::paint::Paint;
use super::words::Count;
use crate::doctor::{Probe, Verdict};

/// Columns that a line may have.
const WIDTH: usize = 80;
/// Columns of the verdict, and of the name after it.
const VERDICT: usize = 9;
const NAME: usize = 11;

/// Everything that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Probes {
    /// Whether a run can work.
    can_run: bool,
    probes: Vec<Probe>,
}

impl Probes {
    pub(crate) fn new(probes: Vec<Probe>) -> Self {
        Self { can_run: probes.iter().all(|probe| probe.verdict != Verdict::Problem), probes }
    }

    pub(crate) fn can_run(&self) -> bool {
        self.can_run
    }

    pub(crate) fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("strings alone, which JSON can hold");
        format!("{json}\n")
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let probes: String = self.probes.iter().map(|probe| one(probe, paint)).collect();
        format!("{probes}\n{}\n", self.summary())
    }

    fn summary(&self) -> String {
        let count = |verdict| self.probes.iter().filter(|probe| probe.verdict == verdict).count();
        let [problems, warnings] = [count(Verdict::Problem), count(Verdict::Warning)];
        let warned = Count(warnings, "warning");
        match (problems, warnings) {
            (0, 0) => "Tests can run.".to_owned(),
            (0, _) => format!("Tests can run; {warned}."),
            _ => format!("Tests cannot run: {}, {warned}.", Count(problems, "problem")),
        }
    }
}

fn one(probe: &Probe, paint: Paint) -> String {
    let (word, colour): (_, fn(Paint, String) -> String) = match probe.verdict {
        Verdict::Ok => ("ok", Paint::green),
        Verdict::Unknown => ("unknown", Paint::dim),
        Verdict::Warning => ("warning", Paint::yellow),
        Verdict::Problem => ("problem", Paint::red),
    };
    let verdict = colour(paint, format!("{word:VERDICT$}"));
    let indent = format!("{:1$}", "", VERDICT + NAME);
    let beside = |text: &str| wrapped(text, WIDTH - indent.len()).join(&format!("\n{indent}"));
    let mut text = format!("{verdict}{:NAME$}{}\n", probe.name, beside(&probe.text));
    if let Some(hint) = &probe.hint {
        let hint = beside(&format!("hint: {hint}")).replacen("hint:", &paint.cyan("hint:"), 1);
        text.push_str(&format!("{indent}{hint}\n"));
    }
    if let Some(mend) = &probe.mend {
        // A command stays on one line, to be copied.
        text.push_str(&format!("{indent}{} {mend}\n", paint.cyan("mend:")));
    }
    text
}

/// Breaks text between words; a longer word stays whole.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Paint = Paint { on: false };

    #[test]
    fn probes_are_aligned_and_wrapped_with_their_mend_and_a_summary() {
        let long = "word ".repeat(20);
        let probes = Probes::new(vec![
            Probe::ok("engine", "answers"),
            Probe::warning("space", long).mend("docker system prune"),
            Probe::problem("version", "too old").hint(["update it"; 8].join(" ")),
        ]);
        assert_eq!(
            probes.to_text(PLAIN),
            "ok       engine     answers\n\
             warning  space      word word word word word word word word word word word word\n\
             \x20                   word word word word word word word word\n\
             \x20                   mend: docker system prune\n\
             problem  version    too old\n\
             \x20                   hint: update it update it update it update it update it\n\
             \x20                   update it update it update it\n\
             \n\
             Tests cannot run: 1 problem, 1 warning.\n"
        );
        assert!(!probes.can_run());
    }

    #[test]
    fn the_summary_says_whether_tests_can_run() {
        let summary = |probe| Probes::new(vec![probe]).summary();
        assert_eq!(summary(Probe::ok("a", "b")), "Tests can run.");
        assert_eq!(summary(Probe::unknown("a", "b")), "Tests can run.");
        assert_eq!(summary(Probe::warning("a", "b")), "Tests can run; 1 warning.");
    }

    #[test]
    fn json_says_the_same() {
        let json = Probes::new(vec![Probe::warning("a", "b").mend("c")]).to_json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["can_run"], true);
        let expected =
            serde_json::json!([{"name": "a", "verdict": "warning", "text": "b", "mend": "c", "hint": null}]);
        assert_eq!(value["probes"], expected);
    }
}
