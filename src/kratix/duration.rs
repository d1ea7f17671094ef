//! Go's `time.ParseDuration`: what it accepts, and its words for what it does not.

/// Go's limit for the magnitude of a duration in nanoseconds, which only a negative one may reach.
const LIMIT: u64 = 1 << 63;

/// A length of time in nanoseconds, as Go holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GoDuration(pub(crate) i64);

/// Why a text is not a duration, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DurationError(String);

impl GoDuration {
    /// Reads `1h30m`, `1.5h`, `-3s` or `0`; units are `ns`, `us`, `ms`, `s`, `m` and `h`.
    pub(crate) fn parse(text: &str) -> Result<Self, DurationError> {
        let invalid = || DurationError(format!("time: invalid duration {}", quote(text)));
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let part;
            (part, rest) = next_part(rest, text)?;
            // Two numbers up to 2^63 cannot overflow 64 bits.
            total = part.checked_add(total).filter(|sum| *sum <= LIMIT).ok_or_else(invalid)?;
        }
        match (negative, i64::try_from(total)) {
            (false, Ok(nanoseconds)) => Ok(Self(nanoseconds)),
            (true, _) => Ok(Self(0_i64.checked_sub_unsigned(total).ok_or_else(invalid)?)),
            (false, Err(_)) => Err(invalid()),
        }
    }

    /// Whether it lies in the past.
    pub(crate) fn is_negative(self) -> bool {
        self.0 < 0
    }
}

/// One number with its unit, in nanoseconds, and what follows.
fn next_part<'t>(rest: &'t str, whole: &str) -> Result<(u64, &'t str), DurationError> {
    let invalid = || DurationError(format!("time: invalid duration {}", quote(whole)));
    if !rest.starts_with(|c: char| c == '.' || c.is_ascii_digit()) {
        return Err(invalid());
    }
    let (digits, mut rest) = split_digits(rest);
    let integer = leading_integer(digits).ok_or_else(invalid)?;
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        (fraction, rest) = split_digits(after);
    }
    if digits.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    if unit.is_empty() {
        return Err(DurationError(format!("time: missing unit in duration {}", quote(whole))));
    }
    let Some(scale) = nanoseconds(unit) else {
        let text = format!("time: unknown unit {} in duration {}", quote(unit), quote(whole));
        return Err(DurationError(text));
    };
    let value = integer.checked_mul(scale).filter(|value| *value <= LIMIT).ok_or_else(invalid)?;
    let value = value.checked_add(fraction_of(fraction, scale)).filter(|value| *value <= LIMIT);
    Ok((value.ok_or_else(invalid)?, rest))
}

fn nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // The micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// A number of up to 2^63; none is zero.
fn leading_integer(digits: &str) -> Option<u64> {
    digits.bytes().try_fold(0_u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|value| *value <= LIMIT)
    })
}

/// What the digits after the point come to; those that do not fit are dropped, as Go does.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go computes it so: positive, below the unit, and rounded down"
)]
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let mut value: u64 = 0;
    let mut scale: f64 = 1.0;
    for digit in digits.bytes() {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > LIMIT {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

/// Go's quotes in these messages: bytes that are not printable ASCII as `\xff`.
fn quote(text: &str) -> String {
    use std::fmt::Write as _;
    let mut quoted = String::from('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            0x20..=0x7f => quoted.push(char::from(byte)),
            _ => write!(quoted, "\\x{byte:02x}").expect("writing to a string cannot fail"),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<i64, String> {
        GoDuration::parse(text).map(|duration| duration.0).map_err(|error| error.to_string())
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let table = [
            ("0", 0),
            ("+0", 0),
            ("-5m", -300_000_000_000),
            ("10m", 600_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("1µs", 1_000),
            ("1μs", 1_000),
            ("1us", 1_000),
            ("0.1ns", 0),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
            ("2562047h47m16.854775807s", i64::MAX),
            ("1.00000000000000000000000001s", 1_000_000_000),
            ("0.9223372036854775808h", 3_320_413_933_267),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_in_gos_words() {
        let table = [
            ("1d", r#"unknown unit "d" in duration "1d""#),
            ("10", r#"missing unit in duration "10""#),
            ("1h1", r#"missing unit in duration "1h1""#),
            ("", r#"invalid duration """#),
            ("-", r#"invalid duration "-""#),
            (".", r#"invalid duration ".""#),
            ("m", r#"invalid duration "m""#),
            ("whale", r#"invalid duration "whale""#),
            ("--1s", r#"invalid duration "--1s""#),
            ("5 m", r#"unknown unit " m" in duration "5 m""#),
            ("1e3s", r#"unknown unit "e" in duration "1e3s""#),
            ("10minutes", r#"unknown unit "minutes" in duration "10minutes""#),
            ("1H", r#"unknown unit "H" in duration "1H""#),
            ("1é", r#"unknown unit "\xc3\xa9" in duration "1\xc3\xa9""#),
            ("1\"x", r#"unknown unit "\"x" in duration "1\"x""#),
            ("\t1", r#"invalid duration "\x091""#),
            ("9223372036854775808ns", r#"invalid duration "9223372036854775808ns""#),
            ("99999999999999999999h", r#"invalid duration "99999999999999999999h""#),
            ("3000000h", r#"invalid duration "3000000h""#),
            ("2562047h47m16.854775808s", r#"invalid duration "2562047h47m16.854775808s""#),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), Err(format!("time: {expected}")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = read(&text);
        }

        #[test]
        fn no_duration_like_text_makes_it_panic(text in "[-+]?([0-9]{0,21}(\\.[0-9]{0,30})?(ns|us|µs|ms|s|m|h|d)?){0,4}") {
            let _ = read(&text);
        }

        #[test]
        fn hours_and_minutes_add_up(hours in 0_i64..1000, minutes in 0_i64..1000) {
            let expected = (hours * 60 + minutes) * 60_000_000_000;
            prop_assert_eq!(read(&format!("{hours}h{minutes}m")), Ok(expected));
            prop_assert_eq!(read(&format!("-{hours}h{minutes}m")), Ok(-expected));
        }
    }
}
