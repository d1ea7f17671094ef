//! What a scalar means to Go's YAML 1.1 reader.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Number;

use super::Value;

/// The value of a plain scalar without a tag.
pub(super) fn plain(text: &str) -> Value {
    if let Some(value) = word(text) {
        return value;
    }
    match text.bytes().next() {
        Some(b'+' | b'-' | b'0'..=b'9') => number(text),
        Some(b'.') => float(text),
        _ => None,
    }
    .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The name of the standard tag that a plain scalar of this text and value has.
pub(super) fn kind(text: &str, value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) if integer(&text.replace('_', "")).is_some() => "int",
        Value::Number(_) | Value::NonFinite(_) => "float",
        _ if text == "<<" => "merge",
        _ => "str",
    }
}

/// Whether a plain scalar of this text would be read as this very string.
pub(super) fn reads_as_itself(text: &str) -> bool {
    matches!(plain(text), Value::String(_)) && text != "<<" && !is_base60(text) && !is_timestamp(text)
}

/// The words that YAML 1.1 gives a meaning to.
fn word(text: &str) -> Option<Value> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            Value::Bool(false)
        }
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        ".nan" | ".NaN" | ".NAN" => Value::NonFinite(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::NonFinite(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::NonFinite(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// An integer or float that begins with a digit or a sign.
fn number(text: &str) -> Option<Value> {
    if is_timestamp(text) {
        return None;
    }
    let digits = text.replace('_', "");
    integer(&digits).or_else(|| float(&digits))
}

/// Go's `ParseInt` with base 0, then `ParseUint`, and YAML's `-0b`.
fn integer(digits: &str) -> Option<Value> {
    let (negative, magnitude) = match digits.as_bytes().first()? {
        b'-' => (true, &digits[1..]),
        b'+' => (false, &digits[1..]),
        _ => (false, digits),
    };
    let (radix, magnitude) = radix(magnitude);
    // A second sign would be accepted by Rust's parser.
    if !magnitude.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = u64::from_str_radix(magnitude, radix).ok()?;
    if negative {
        let value = 0_i64.checked_sub_unsigned(value)?;
        return Some(Value::Number(value.into()));
    }
    // `ParseUint` takes no sign.
    if digits.starts_with('+') && value > i64::MAX as u64 {
        return None;
    }
    Some(Value::Number(value.into()))
}

fn radix(magnitude: &str) -> (u32, &str) {
    let lower = magnitude.get(..2).map(str::to_ascii_lowercase);
    match lower.as_deref() {
        Some("0x") => (16, &magnitude[2..]),
        Some("0o") => (8, &magnitude[2..]),
        Some("0b") => (2, &magnitude[2..]),
        _ if magnitude.len() > 1 && magnitude.starts_with('0') => (8, &magnitude[1..]),
        _ => (10, magnitude),
    }
}

/// A float in YAML's notation; integral ones become integers, as they do in JSON.
fn float(text: &str) -> Option<Value> {
    static STYLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$").expect("a constant pattern")
    });
    if !STYLE.is_match(text) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then(|| Value::Number(from_f64(value)))
}

/// A finite float as JSON writes it.
#[expect(clippy::cast_possible_truncation, reason = "the value is integral and in range")]
fn from_f64(value: f64) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return (value as i64).into();
    }
    Number::from_f64(value).unwrap_or_else(|| 0.into())
}

/// `12:30`: base 60 for other readers, a string for Go's, which therefore quotes it when it writes.
fn is_base60(text: &str) -> bool {
    static STYLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$").expect("a constant pattern")
    });
    STYLE.is_match(text)
}

/// `2024-01-01` and RFC 3339 times: strings in JSON, but quoted when written.
pub(super) fn is_timestamp(text: &str) -> bool {
    static STYLE: LazyLock<Regex> = LazyLock::new(|| {
        let time = r"[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?";
        let zone = r"(Z|[-+][0-9]{2}:[0-9]{2})";
        Regex::new(&format!(r"^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}([Tt]{time}{zone}| +{time})?$"))
            .expect("a constant pattern")
    });
    STYLE.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        match plain(text) {
            Value::Null => "null".into(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.to_string(),
            Value::NonFinite(value) => super::super::non_finite(value).into(),
            Value::String(text) => format!("{text:?}"),
            Value::List(_) | Value::Map(_) => unreachable!("a scalar"),
        }
    }

    #[test]
    fn words_mean_what_yaml_1_1_says() {
        for yes in ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"] {
            assert_eq!(json(yes), "true", "{yes}");
        }
        for no in ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"] {
            assert_eq!(json(no), "false", "{no}");
        }
        for null in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(json(null), "null", "{null}");
        }
        for text in ["yEs", "t", "f", "nULL", "hello"] {
            assert_eq!(json(text), format!("{text:?}"));
        }
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        let table = [
            ("010", "8"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0b11", "3"),
            ("-0b11", "-3"),
            ("1_000", "1000"),
            ("1e3", "1000"),
            ("1.0", "1"),
            ("1.10", "1.1"),
            (".5", "0.5"),
            ("-7", "-7"),
            ("+7", "7"),
            ("0", "0"),
            ("18446744073709551615", "18446744073709551615"),
            ("089", "89"),
        ];
        for (text, expected) in table {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        for text in
            ["12:30", "2024-01-01", "2024-01-01T00:00:00Z", "1.2.3", "--1", "+-1", "0x", "1e", "-", "8.9.0"]
        {
            assert_eq!(json(text), format!("{text:?}"));
        }
    }

    #[test]
    fn text_that_another_reader_could_take_for_something_else_is_not_left_plain() {
        for text in ["yes", "1_000", "2024-01-01", "12:30", "<<", "", "010", "~"] {
            assert!(!reads_as_itself(text), "{text}");
        }
        assert!(reads_as_itself("hello") && reads_as_itself("8.9.0") && reads_as_itself("="));
    }
}
