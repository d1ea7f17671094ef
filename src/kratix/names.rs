//! What Kubernetes takes for a name, and its words for what it does not.

use std::sync::LazyLock;

use regex::Regex;

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const QUALIFIED: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const VALUE: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

/// Why a text is no RFC 1123 label: the name of a container, volume or namespace.
pub(crate) fn refuse_label(text: &str) -> Vec<String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| whole(LABEL));
    let mut refused = too_long(text, 63);
    if !PATTERN.is_match(text) {
        refused.push(format!(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
             end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
        ));
    }
    refused
}

/// Why a text is no DNS-1035 label: the plural, kind or version of an API.
pub(crate) fn refuse_dns_1035(text: &str) -> Vec<String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| whole(DNS_1035));
    let mut refused = too_long(text, 63);
    if !PATTERN.is_match(text) {
        refused.push(format!(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation \
             is '{DNS_1035}')"
        ));
    }
    refused
}

/// Why a text is no RFC 1123 subdomain: the name of nearly any object.
pub(crate) fn refuse_subdomain(text: &str) -> Vec<String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| whole(SUBDOMAIN));
    let mut refused = too_long(text, 253);
    if !PATTERN.is_match(text) {
        refused.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{SUBDOMAIN}')"
        ));
    }
    refused
}

/// Why a text is no value of a label.
pub(crate) fn refuse_label_value(text: &str) -> Vec<String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| whole(VALUE));
    let mut refused = too_long(text, 63);
    if !PATTERN.is_match(text) {
        refused.push(format!(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
             validation is '{VALUE}')"
        ));
    }
    refused
}

/// Why a text is no key of a label or annotation.
pub(crate) fn refuse_qualified(text: &str) -> Vec<String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| whole(QUALIFIED));
    let consist = format!(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
         character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{QUALIFIED}')"
    );
    let parts: Vec<_> = text.split('/').collect();
    let (prefix, name) = match parts.as_slice() {
        [name] => (None, *name),
        [prefix, name] => (Some(*prefix), *name),
        _ => {
            let optional = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a qualified name {consist} {optional}")];
        }
    };
    let mut refused: Vec<String> = match prefix {
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => {
            refuse_subdomain(prefix).into_iter().map(|why| format!("prefix part {why}")).collect()
        }
        None => Vec::new(),
    };
    if name.is_empty() {
        refused.push("name part must be non-empty".to_owned());
    }
    refused.extend(too_long(name, 63).into_iter().map(|why| format!("name part {why}")));
    if !PATTERN.is_match(name) {
        refused.push(format!("name part {consist}"));
    }
    refused
}

/// Why a text is no name of a variable.
pub(crate) fn refuse_variable(text: &str) -> Vec<String> {
    let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=');
    if printable && !text.is_empty() {
        return Vec::new();
    }
    vec![
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .to_owned(),
    ]
}

fn whole(pattern: &str) -> Regex {
    Regex::new(&format!("^(?:{pattern})$")).expect("a constant pattern")
}

fn too_long(text: &str, max: usize) -> Vec<String> {
    if text.len() > max { vec![format!("must be no more than {max} bytes")] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_taken_and_near_misses_are_not() {
        type Rule = fn(&str) -> Vec<String>;
        let table: &[(Rule, &str, &str)] = &[
            (refuse_label, "my-name", "my.name"),
            (refuse_label, "123-abc", "My-Name"),
            (refuse_label, "a", ""),
            (refuse_dns_1035, "v1", "1v"),
            (refuse_subdomain, "example.com", "example..com"),
            (refuse_subdomain, "a-b.c", "a_b"),
            (refuse_label_value, "", " "),
            (refuse_label_value, "a_B.1", "a b"),
            (refuse_qualified, "example.com/My_Name", "example.com/"),
            (refuse_qualified, "name", "a b"),
            (refuse_qualified, "a/b", "a/b/c"),
            (refuse_qualified, "a.b/c", "A.b/c"),
            (refuse_variable, "MY.VAR-1", "A=B"),
        ];
        for (rule, good, bad) in table {
            assert_eq!(rule(good), [] as [&str; 0], "{good}");
            assert!(!rule(bad).is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_says_so() {
        assert_eq!(refuse_label(&"a".repeat(64)), ["must be no more than 63 bytes"]);
        assert_eq!(refuse_subdomain(&"a".repeat(254)), ["must be no more than 253 bytes"]);
        assert_eq!(refuse_label(&"a".repeat(63)), [] as [&str; 0]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            for rule in [refuse_label, refuse_subdomain, refuse_label_value, refuse_qualified, refuse_variable] {
                rule(&text);
            }
        }
    }
}
