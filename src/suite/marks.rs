//! `marks:` and `filters:` of the settings: what they say, and the rules that they stand for.

use globset::{Glob, GlobMatcher};
use serde::Deserialize;

use crate::compare::{Filter, Is, MarkRule, Pattern, Place, Selector, TYPES, compiled};
use crate::diagnostic::{Source, SourceError};
use crate::yaml::{KeyPath, Node};

/// An entry of `marks:`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct MarkSetting {
    file: Option<String>,
    kind: Option<String>,
    api_version: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    path: String,
    is: IsSetting,
}

/// What is at the path, in the words of the tags.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected any, timestamp, uuid, absent, subset, contains, unordered, {regex: EXPRESSION} or {type: TYPE}"
)]
enum IsSetting {
    Word(Word),
    Regex(RegexSetting),
    Type(TypeSetting),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Any,
    Timestamp,
    Uuid,
    Absent,
    Subset,
    Contains,
    Unordered,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegexSetting {
    regex: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeSetting {
    r#type: String,
}

/// An entry of `filters:`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilterSetting {
    files: Option<String>,
    regex: String,
    r#as: String,
}

/// An entry of one of the lists, and where it is written.
struct Written<'s> {
    source: &'s Source,
    root: &'s Node,
    path: KeyPath,
}

/// The rules that `marks:` of a file stands for.
pub(super) fn marks(
    settings: &[MarkSetting],
    source: &Source,
    root: &Node,
) -> Result<Vec<MarkRule>, SourceError> {
    let entry = |(index, setting): (usize, &MarkSetting)| {
        setting.rule(&Written { source, root, path: KeyPath::root().name("marks").index(index) })
    };
    settings.iter().enumerate().map(entry).collect()
}

/// The filters that `filters:` of a file stands for.
pub(super) fn filters(
    settings: &[FilterSetting],
    source: &Source,
    root: &Node,
) -> Result<Vec<Filter>, SourceError> {
    let entry = |(index, setting): (usize, &FilterSetting)| {
        let written = Written { source, root, path: KeyPath::root().name("filters").index(index) };
        let regex = compiled(&setting.regex).map_err(|problem| written.wrong("regex", problem))?;
        let files = written.glob("files", setting.files.as_deref().or(Some("**")))?;
        let files = files.ok_or_else(|| written.wrong("files", "is no pattern".to_owned()))?;
        Ok(Filter { place: written.place(), files, regex, with: setting.r#as.clone() })
    };
    settings.iter().enumerate().map(entry).collect()
}

impl MarkSetting {
    fn rule(&self, written: &Written<'_>) -> Result<MarkRule, SourceError> {
        let path: Pattern = self.path.parse().map_err(|problem| written.wrong("path", problem))?;
        let is = self.is.meaning().map_err(|problem| written.wrong("is", problem))?;
        if is == Is::Absent && !path.ends_in_a_name() {
            let problem = format!("`{path}` does not end in a key, and only a key can be absent");
            return Err(written.wrong("path", problem));
        }
        let documents = Selector {
            file: written.glob("file", self.file.as_deref())?,
            kind: self.kind.clone(),
            api_version: self.api_version.clone(),
            name: written.glob("name", self.name.as_deref())?,
            namespace: written.glob("namespace", self.namespace.as_deref())?,
        };
        Ok(MarkRule { place: written.place(), documents, path, is })
    }
}

impl IsSetting {
    fn meaning(&self) -> Result<Is, String> {
        let value = |tag| Ok(Is::Value { tag, text: None });
        match self {
            Self::Word(Word::Any) => value("!any"),
            Self::Word(Word::Timestamp) => value("!timestamp"),
            Self::Word(Word::Uuid) => value("!uuid"),
            Self::Word(Word::Absent) => Ok(Is::Absent),
            Self::Word(Word::Subset) => Ok(Is::How { tag: "!subset" }),
            Self::Word(Word::Contains) => Ok(Is::How { tag: "!contains" }),
            Self::Word(Word::Unordered) => Ok(Is::How { tag: "!unordered" }),
            Self::Regex(RegexSetting { regex }) => {
                compiled(regex).map(|_| Is::Value { tag: "!regex", text: Some(regex.clone()) })
            }
            Self::Type(TypeSetting { r#type }) if TYPES.contains(&r#type.as_str()) => {
                Ok(Is::Value { tag: "!type", text: Some(r#type.clone()) })
            }
            Self::Type(TypeSetting { r#type }) => {
                Err(format!("`{}` is not a type; they are {}", r#type, TYPES.join(", ")))
            }
        }
    }
}

impl Written<'_> {
    fn place(&self) -> Place {
        Place { file: self.source.path.clone(), at: self.root.locate(&self.path) }
    }

    fn wrong(&self, key: &str, problem: String) -> SourceError {
        self.source.error(self.root.locate(&self.path.name(key)), problem)
    }

    fn glob(&self, key: &str, pattern: Option<&str>) -> Result<Option<GlobMatcher>, SourceError> {
        let glob = pattern.map(|pattern| Glob::new(pattern).map(|glob| glob.compile_matcher())).transpose();
        glob.map_err(|error| {
            self.wrong(key, format!("`{}` is not a pattern: {}", pattern.unwrap_or_default(), error.kind()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Settings;

    fn settings(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("kratix-test.yaml"), text).expect("a file");
        Settings::load(folder.path(), folder.path()).map_err(|error| {
            let place = error.at.map_or_else(String::new, |at| format!("{}:{}: ", at.line, at.column));
            let hint = error.hint.map_or_else(String::new, |hint| format!(" ({hint})"));
            format!("{place}{}{hint}", error.message)
        })
    }

    #[test]
    fn every_mark_of_the_settings_is_read() {
        let text = "marks:
- {kind: Kibana, path: 'metadata.labels[\"helm.sh/chart\"]', is: any}
- {apiVersion: v1, name: 'web-*', namespace: x, file: '*.yaml', path: 'a[*].b', is: {regex: '^a$'}}
- {path: a, is: {type: list}}
- {path: a, is: timestamp}
- {path: a, is: uuid}
- {path: a, is: absent}
- {path: a, is: subset}
- {path: a, is: contains}
- {path: a, is: unordered}
filters:
- {files: '*.tf', regex: 'org-\\d+', as: org-N}
- {regex: x, as: ''}
";
        let settings = settings(text).expect("valid");
        assert_eq!((settings.marks().len(), settings.filters().len()), (9, 2));
        assert_eq!(settings.marks()[1].place.at.line, 3);
        assert!(settings.filters()[0].files.is_match("output/sub/main.tf"));
        assert!(settings.filters()[1].files.is_match("output/sub/x"));
    }

    #[test]
    fn what_is_wrong_with_a_mark_or_a_filter_is_told_at_its_place() {
        for (text, problem) in [
            ("marks:\n- {path: 'a[', is: any}\n", "2:4: `a[` is not a path: "),
            (
                "marks:\n- {path: a, is: {regex: '('}}\n",
                "2:13: ( is not a regular expression: unclosed group",
            ),
            ("marks:\n- {path: a, is: {type: text}}\n", "2:13: `text` is not a type; they are string, "),
            ("marks:\n- {path: 'a[0]', is: absent}\n", "2:4: `a[0]` does not end in a key"),
            ("marks:\n- {path: a, is: {regexp: x}}\n", "2:3: marks[0]: expected any, timestamp, "),
            ("marks:\n- {path: a, is: anything}\n", "expected any, timestamp, "),
            ("marks:\n- {pth: a, is: any}\n", "2:4: marks[0]: unknown setting `pth` (did you mean `path`?)"),
            ("marks:\n- {path: a}\n", "missing field `is`"),
            ("marks: {a: b}\n", "1:8: marks: invalid type: map"),
            ("marks:\n- {path: a, name: 'a[', is: any}\n", "2:13: `a[` is not a pattern: "),
            ("filters:\n- {regex: '(', as: x}\n", "2:4: ( is not a regular expression"),
            ("filters:\n- {files: '{', regex: x, as: x}\n", "2:4: `{` is not a pattern: "),
        ] {
            let error = settings(text).expect_err(text);
            assert!(error.contains(problem), "{error}");
        }
    }
}
