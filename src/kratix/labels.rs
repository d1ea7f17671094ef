//! Kubernetes' syntax of labels.

use std::sync::LazyLock;

use regex::Regex;

/// A key: a name of up to 63 characters, which may have a DNS name and `/` before it.
pub(crate) fn is_key(key: &str) -> bool {
    static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
            .expect("a constant pattern")
    });
    match key.split_once('/') {
        Some((prefix, name)) => prefix.len() <= 253 && PREFIX.is_match(prefix) && is_name(name),
        None => is_name(key),
    }
}

/// A value: up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; or nothing.
pub(crate) fn is_value(value: &str) -> bool {
    value.is_empty() || is_name(value)
}

fn is_name(name: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$").expect("a constant pattern")
    });
    name.len() <= 63 && NAME.is_match(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_judged_as_kubernetes_does() {
        for good in ["env", "a", "kratix.io/dry-run", "A_b.c-d", "example.com/Env"] {
            assert!(is_key(good), "{good}");
        }
        let long = "x".repeat(64);
        for bad in ["", "a b", "-a", "a-", "a/b/c", "/a", "a/", "A.com/b", "é", &long, "a\n"] {
            assert!(!is_key(bad), "{bad}");
        }
    }

    #[test]
    fn values_are_judged_as_kubernetes_does() {
        for good in ["", "dev", "1.10", "A_b", &"x".repeat(63)] {
            assert!(is_value(good), "{good}");
        }
        for bad in ["a b", "+Inf", "1e+06", "-", "a/b", "a,b", &"x".repeat(64)] {
            assert!(!is_value(bad), "{bad}");
        }
    }
}
