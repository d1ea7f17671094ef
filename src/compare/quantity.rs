//! Amounts as Kubernetes reads them: `1Gi` is `1024Mi`, `500m` is `0.5`.

use crate::yaml::{Node, Value};

/// Decimal digits after the point that Kubernetes keeps: nano.
const SCALE: i32 = 9;

/// Whether two values are the same amount. What is not an amount equals nothing.
pub(super) fn equal(expected: &Node, actual: &Node) -> bool {
    matches!((amount(expected), amount(actual)), (Some(expected), Some(actual)) if expected == actual)
}

/// An amount in nano units: Kubernetes takes text and numbers alike.
fn amount(node: &Node) -> Option<i128> {
    match &node.value {
        Value::String(text) => parse(text),
        Value::Number(number) => parse(&number.to_string()),
        _ => None,
    }
}

/// An amount in nano units, rounded away from zero, or nothing if it is none or too large to count.
fn parse(text: &str) -> Option<i128> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let (binary, decimal) = exponents(suffix)?;
    let digits = format!("{whole}{}", fraction.trim_end_matches('0'));
    let mantissa: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let places = i32::try_from(digits.len() - whole.len()).ok()?;
    let scaled = mantissa.checked_mul(1_i128.checked_shl(binary)?)?;
    Some(sign * times_ten_to(scaled, decimal.checked_add(SCALE)?.checked_sub(places)?)?)
}

/// What a suffix multiplies by: a power of two and a power of ten.
fn exponents(suffix: &str) -> Option<(u32, i32)> {
    let decimal = |power| Some((0, power));
    let binary = |power| Some((power, 0));
    match suffix {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => decimal(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    }
}

fn times_ten_to(value: i128, power: i32) -> Option<i128> {
    if value == 0 {
        return Some(0);
    }
    if power >= 0 {
        return value.checked_mul(10_i128.checked_pow(power.unsigned_abs())?);
    }
    // Below one nano everything is one nano.
    let divisor = 10_i128.checked_pow(power.unsigned_abs()).unwrap_or(i128::MAX);
    Some(value / divisor + i128::from(value % divisor != 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_written_differently_are_equal() {
        let table = [
            ("1Gi", "1024Mi"),
            ("1Gi", "1073741824"),
            ("0.5", "500m"),
            (".5", "0.50"),
            ("1", "1000m"),
            ("1", "1."),
            ("1k", "1e3"),
            ("1E3", "1000"),
            ("1E", "1000P"),
            ("1.5Gi", "1536Mi"),
            ("100u", "0.1m"),
            ("0", "0Gi"),
            ("-1", "-1000m"),
            ("+2", "2"),
            ("0.1n", "1n"),
            ("1e-3", "1m"),
            ("0e-99", "0"),
        ];
        for (left, right) in table {
            assert!(parse(left).is_some(), "{left}");
            assert_eq!(parse(left), parse(right), "{left} {right}");
        }
    }

    #[test]
    fn different_amounts_are_not_equal() {
        for (left, right) in [("1Gi", "1G"), ("1m", "1M"), ("1", "1k"), ("1", "-1"), ("1Gi", "1025Mi")] {
            assert_ne!(parse(left), parse(right), "{left} {right}");
        }
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in
            ["", ".", "-", "Gi", "1 Gi", "1gi", "1KB", "1.2.3", "1ee3", "1e", "0x10", "1K", "--1", "ä"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-+.0-9a-zA-Z]{0,50}", any in "\\PC{0,8}") {
            let _ = (parse(&text), parse(&any));
        }

        #[test]
        fn a_thousandth_is_a_thousandth(count in 0_u32..) {
            prop_assert_eq!(parse(&format!("{count}m")), parse(&format!("{}.{:03}", count / 1000, count % 1000)));
        }
    }
}
