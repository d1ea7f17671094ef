//! Every code a finding may have: what it is called, who on the platform notices it, how bad it is, and its page.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// What a finding is about: `KT101` … `KT148` are Kratix's traps, `KT201` and up are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Code(u16);

/// Whether a finding fails a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Severity {
    Warning,
    Error,
}

/// Who on the platform notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Where {
    /// The API server or Kratix's webhook, when the Promise or the request is applied.
    Admission,
    /// Kratix's container that turns the output into a Work.
    WorkWriter,
    /// Kratix's container that writes the status.
    StatusWriter,
    /// Kubernetes, running the pod.
    Pod,
    /// Kratix's controllers, afterwards.
    Controller,
    /// Nobody.
    Silent,
}

/// What there is to know about a code.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) code: Code,
    pub(crate) title: &'static str,
    pub(crate) place: Where,
    pub(crate) severity: Severity,
    /// What `explain` prints, in Markdown.
    pub(crate) page: &'static str,
}

/// A text that is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} is not a code; they are KT101 to KT148, KT201 to KT210 and KT221 to KT229")]
pub(crate) struct UnknownCode {
    text: String,
}

macro_rules! rules {
    ($($name:ident $number:literal $place:ident $severity:ident $title:literal)*) => {
        $(pub(crate) const $name: Code = Code($number);)*

        static RULES: &[Rule] = &[$(Rule {
            code: $name,
            title: $title,
            place: Where::$place,
            severity: Severity::$severity,
            page: include_str!(concat!("../../templates/explain/", stringify!($name), ".md")),
        },)*];
    };
}

rules! {
    KT101 101 StatusWriter Error "status.yaml has the key `kratix`"
    KT102 102 StatusWriter Error "status.yaml is not a map"
    KT103 103 StatusWriter Error "a metadata file is not valid YAML"
    KT104 104 StatusWriter Error "a key of status.yaml has the wrong type"
    KT105 105 StatusWriter Error "a condition in status.yaml has a wrong field"
    KT106 106 Silent Warning "a nested map of the status is replaced, not merged"
    KT107 107 Silent Warning "the message of a pipeline that is not the last is lost"
    KT108 108 Pod Error "a pipeline reads files that another pipeline left"
    KT109 109 StatusWriter Error "retryAfter is not a duration"
    KT110 110 WorkWriter Error "workflow-control.yaml has a value of the wrong type"
    KT111 111 WorkWriter Error "destination-selectors.yaml does not have the right shape"
    KT112 112 WorkWriter Error "an entry of destination-selectors.yaml has no labels"
    KT113 113 WorkWriter Error "two entries of destination-selectors.yaml are for the same directory"
    KT114 114 WorkWriter Error "a directory in destination-selectors.yaml is not at the top level"
    KT115 115 WorkWriter Error "a directory in destination-selectors.yaml is not in the output"
    KT116 116 WorkWriter Error "Kratix cannot read a file that the pipeline left"
    KT117 117 WorkWriter Error "a symbolic link in the output leads nowhere on the platform"
    KT118 118 Pod Error "a stage writes to /kratix/input"
    KT119 119 Pod Error "a stage needs more memory or disk than its limit"
    KT120 120 Pod Warning "an image runs as root, or as a user without a number"
    KT121 121 Admission Error "a container has a field that Kratix does not know"
    KT122 122 Admission Error "a value in a pipeline has the wrong type"
    KT123 123 Admission Error "a pipeline has the wrong kind or apiVersion"
    KT124 124 Admission Error "a pipeline has no kind"
    KT125 125 Admission Error "the names of the Promise and a pipeline are too long together"
    KT126 126 Admission Error "two pipelines of a workflow have the same name"
    KT127 127 Admission Error "the API is cluster-scoped"
    KT128 128 Admission Error "a resource workflow without an API"
    KT129 129 Admission Error "a container's name is reserved, used twice or not valid"
    KT130 130 Admission Error "a volume or a mount clashes with one of Kratix's"
    KT131 131 Admission Error "restartPolicy is neither OnFailure nor Never"
    KT132 132 Pod Warning "a stage calls the Kubernetes API without permissions"
    KT133 133 Silent Warning "more than one delete pipeline"
    KT134 134 Silent Warning "output of a delete pipeline is ignored"
    KT135 135 Silent Warning "the request differs from what the pipeline gets to see"
    KT136 136 Silent Warning "a file in /kratix/metadata is not read"
    KT137 137 Controller Error "a destination selector is not a valid label"
    KT138 138 Silent Warning "the Promise's destination selector wins over the pipeline's"
    KT139 139 Controller Error "no Destination matches"
    KT140 140 WorkWriter Error "the output is too large"
    KT141 141 Silent Warning "running again gives something else"
    KT142 142 Controller Error "a reserved key of the status is not a string"
    KT143 143 StatusWriter Warning "a promise workflow writes more than `message`"
    KT144 144 Silent Warning "YAML 1.1 reads a value as something else"
    KT145 145 Admission Error "the request's name is too long"
    KT146 146 Silent Warning "files in the output that are probably not meant for a Destination"
    KT147 147 StatusWriter Error "a condition of a Promise is incomplete"
    KT148 148 Pod Warning "an image that a cluster would pull"
    KT201 201 Admission Error "the API is not a valid CustomResourceDefinition"
    KT202 202 Admission Error "a field of the Promise has a value that its schema refuses"
    KT203 203 Silent Warning "a field that a Promise does not have"
    KT204 204 Admission Error "the reconciliation interval is not a duration, or is too short"
    KT205 205 Admission Error "a pipeline has an invalid label"
    KT206 206 Admission Error "Kubernetes refuses a pipeline's pod"
    KT207 207 Silent Warning "a key stands twice in a map"
    KT208 208 Admission Error "the API refuses the request"
    KT209 209 Admission Warning "a rule of the API that could not be checked"
    KT210 210 Pod Error "an image has a name that cannot be pulled"
    KT221 221 WorkWriter Error "a special file where Kratix reads"
    KT222 222 Silent Warning "a file name that is not UTF-8"
    KT223 223 Silent Error "a destination selector for a directory outside the output"
    KT224 224 Silent Warning "retryAfter is negative"
    KT225 225 Silent Warning "status.yaml sets what Kratix overwrites"
    KT226 226 Silent Warning "a metadata file has a key that Kratix does not know"
    KT227 227 Silent Warning "destination selectors for the root, but no files there"
    KT228 228 Silent Warning "a condition without a type is dropped"
    KT229 229 StatusWriter Error "the object's status does not list the pipeline"
}

impl Code {
    /// Every code, in order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(|rule| rule.code)
    }

    /// The code with this number: 112 for `KT112`.
    pub(crate) fn numbered(number: u16) -> Option<Self> {
        Self::all().find(|code| code.0 == number)
    }

    /// What there is to know about it.
    pub(crate) fn rule(self) -> &'static Rule {
        RULES.iter().find(|rule| rule.code == self).expect("a code is only made by the table or found in it")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KT{}", self.0)
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let upper = text.to_ascii_uppercase();
        Self::all()
            .find(|code| code.to_string() == upper)
            .ok_or_else(|| UnknownCode { text: text.to_owned() })
    }
}

impl TryFrom<String> for Code {
    type Error = UnknownCode;

    fn try_from(text: String) -> Result<Self, UnknownCode> {
        text.parse()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Admission => "when it is applied",
            Self::WorkWriter => "in the log of the work-writer",
            Self::StatusWriter => "in the log of the status-writer",
            Self::Pod => "in the pod",
            Self::Controller => "in Kratix's controllers",
            Self::Silent => "nowhere: the platform says nothing",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trap_has_a_code() {
        let codes: Vec<String> = Code::all().map(|code| code.to_string()).collect();
        let expected: Vec<String> =
            (101..=148).chain(201..=210).chain(221..=229).map(|number| format!("KT{number}")).collect();
        assert_eq!(codes, expected);
    }

    #[test]
    fn what_the_platform_notices_is_an_error_except_four() {
        for code in Code::all().filter(|code| code.0 < 200) {
            let rule = code.rule();
            let exceptions = [KT120, KT132, KT143, KT148];
            let warning = rule.place == Where::Silent || exceptions.contains(&code);
            let expected = if warning { Severity::Warning } else { Severity::Error };
            assert_eq!(rule.severity, expected, "{code}");
        }
    }

    #[test]
    fn every_code_has_a_page_with_its_parts() {
        let parts =
            ["## What happens", "## What the platform says", "## Why it passes locally", "## How to fix it"];
        for code in Code::all() {
            let rule = code.rule();
            let title = format!("# {code}: {}\n", rule.title);
            assert!(rule.page.starts_with(&title), "{code} begins with {title:?}");
            let mut after = 0;
            for part in parts {
                let at = rule.page[after..].find(&format!("\n{part}\n"));
                after += at.unwrap_or_else(|| panic!("{code} lacks {part}, or has it too early"));
            }
            assert!(rule.page.contains("```"), "{code} shows no example");
            let lines = rule.page.lines().filter(|line| !line.is_empty()).count();
            assert!((10..=32).contains(&lines), "{code} has {lines} lines");
        }
    }

    #[test]
    fn a_code_is_read_as_it_is_written() {
        assert_eq!("KT112".parse(), Ok(KT112));
        assert_eq!("kt207".parse(), Ok(KT207));
        assert_eq!((Code::numbered(112), Code::numbered(149)), (Some(KT112), None));
        for wrong in ["KT149", "112", "", "KT", "KT1120"] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong}");
        }
    }
}
