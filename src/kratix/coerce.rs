//! Scalars that the platform takes for something other than what is written: a value where it wants text, and YAML 1.1's
//! own readings.

use crate::yaml::{Node, Position, Value, parse_first};

/// The text that a scalar becomes where Kratix wants text; lists and maps have none.
pub(crate) fn to_text(node: &Node, source: &[u8]) -> Option<String> {
    Some(match &node.value {
        Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::NonFinite(value) => float32(*value),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64().filter(|_| is_float(node, source)) {
            Some(value) => float32(value),
            None => number.to_string(),
        },
        Value::List(_) | Value::Map(_) => return None,
    })
}

/// What is written, where a scalar that must become text becomes another one.
pub(crate) fn changed_text(node: &Node, source: &[u8]) -> Option<String> {
    let written = written(node, source)?;
    (to_text(node, source)? != written).then_some(written)
}

/// What is written, where a value is not what most readers of YAML would take it for.
pub(crate) fn changed_value(node: &Node, source: &[u8]) -> Option<String> {
    let written = written(node, source)?;
    let as_written = match &node.value {
        Value::Bool(_) => matches!(written.as_str(), "true" | "True" | "TRUE" | "false" | "False" | "FALSE"),
        Value::Number(number) => {
            number.to_string() == written && number.as_i64().is_none_or(|n| n.unsigned_abs() <= EXACT)
        }
        _ => true,
    };
    (!as_written).then_some(written)
}

/// What is written, where a key is not the text that it looks like.
pub(crate) fn changed_key(key: &str, at: Position, source: &[u8]) -> Option<String> {
    let written = token(at, source)?;
    let plain = parse_first(written.as_bytes()).ok()??.root;
    let is_text = matches!(plain.value, Value::String(_) | Value::List(_) | Value::Map(_));
    (!is_text && written != key).then_some(written)
}

/// Integers beyond this are rounded on their way through JSON.
const EXACT: u64 = 1 << 53;

/// Whether Go's reader has a float here. Integral ones are integers in JSON, but not in text: `1e6` is `1e+06`.
fn is_float(node: &Node, source: &[u8]) -> bool {
    let Value::Number(number) = &node.value else { return false };
    if number.is_f64() {
        return true;
    }
    let written = written(node, source).unwrap_or_default().to_ascii_lowercase();
    let digits = written.trim_start_matches(['+', '-']);
    if digits.starts_with("0x") {
        return false;
    }
    let not_octal = digits.len() > 1 && digits.starts_with('0') && digits.contains(['8', '9']);
    digits.contains(['.', 'e']) || not_octal
}

/// A plain scalar as it is written.
fn written(node: &Node, source: &[u8]) -> Option<String> {
    let written = token(node.at, source)?;
    // An alias, a quoted scalar or a block scalar is written differently, and never surprising.
    let same = match parse_first(written.as_bytes()).ok()? {
        Some(document) => document.root.to_json() == node.to_json(),
        None => node.is_null(),
    };
    same.then_some(written)
}

/// The word at a place, without the anchor and the tag before it; nothing if it is quoted.
fn token(at: Position, source: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(source).ok()?;
    let line = text.lines().nth(at.line.checked_sub(1)?)?;
    let start = line.char_indices().nth(at.column.checked_sub(1)?).map_or(line.len(), |(start, _)| start);
    let mut rest = &line[start..];
    while rest.starts_with(['&', '!']) {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, after)| after).trim_start();
    }
    let end = rest.find(|c: char| c.is_whitespace() || ",]}#:".contains(c)).unwrap_or(rest.len());
    let word = &rest[..end];
    (!word.starts_with(['"', '\'', '|', '>', '*'])).then(|| word.to_owned())
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)`.
fn float32(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the platform rounds to 32 bits here")]
    let value = value as f32;
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(source: &str) -> Node {
        parse_first(source.as_bytes()).expect("YAML").expect("a document").root
    }

    #[test]
    fn values_become_the_text_that_the_platform_makes_of_them() {
        let table = [
            ("~", ""),
            ("yes", "true"),
            ("no", "false"),
            ("1.10", "1.1"),
            ("010", "8"),
            ("089", "89"),
            ("0x1F", "31"),
            ("1e3", "1000"),
            ("1e6", "1e+06"),
            ("1000000", "1000000"),
            ("123456789.5", "1.2345679e+08"),
            ("99999999999999999999", "1e+20"),
            (".inf", "+Inf"),
            (".nan", "NaN"),
            ("2024-01-01", "2024-01-01"),
            ("12:30", "12:30"),
            ("'010'", "010"),
            ("1_000", "1000"),
        ];
        for (written, expected) in table {
            let source = format!("a: {written}\n");
            let root = first(&source);
            let node = root.get("a").expect("the key");
            assert_eq!(to_text(node, source.as_bytes()).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn floats_are_written_as_go_writes_them() {
        let table = [
            (0.1, "0.1"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (123_456.7, "123456.7"),
            (1_234_567.8, "1.2345678e+06"),
            (3.4e39, "+Inf"),
            (-3.4e39, "-Inf"),
            (1e-46, "0"),
            (2.5e-7, "2.5e-07"),
            (16_777_217.0, "1.6777216e+07"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (-1.10, "-1.1"),
        ];
        for (value, expected) in table {
            assert_eq!(float32(value), expected);
        }
    }

    #[test]
    fn a_surprise_is_what_is_written_and_not_what_is_read() {
        let changed = |written: &str| {
            let source = format!("a: {written} # c\n");
            let root = first(&source);
            let node = root.get("a").expect("the key");
            (changed_text(node, source.as_bytes()), changed_value(node, source.as_bytes()))
        };
        for both in ["no", "on", "1.10", "010", "1.0", "1_000"] {
            assert_eq!(changed(both), (Some(both.into()), Some(both.into())), "{both}");
        }
        for neither in ["true", "1", "1.5", "dev", "'no'", "\"1.10\"", "2024-01-01", "!!str no"] {
            assert_eq!(changed(neither), (None, None), "{neither}");
        }
        assert_eq!(changed("True"), (Some("True".into()), None));
        assert_eq!(changed("~"), (Some("~".into()), None));
        assert_eq!(changed(""), (None, None));
        assert_eq!(changed("&x no"), (Some("no".into()), Some("no".into())));
        let big = "9007199254740993";
        assert_eq!(changed(big), (None, Some(big.into())));
    }

    #[test]
    fn a_key_that_is_read_as_something_else_is_a_surprise() {
        let source = "y: 1\n1: 2\n'on': 3\nok: 4\n1.50: 5\n";
        let root = first(source);
        let changed: Vec<String> = root
            .as_map()
            .expect("a map")
            .iter()
            .filter_map(|(key, entry)| changed_key(key, entry.key_at, source.as_bytes()))
            .collect();
        assert_eq!(changed, ["y", "1.50"]);
    }
}
