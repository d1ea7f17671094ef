//! Quantities as Kubernetes writes them: `100m`, `256Mi`, `1e3`.

const FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX: &str = "unable to parse quantity's suffix";

/// The value of a quantity, or why it is none, in the platform's words.
pub(crate) fn parse(text: &str) -> Result<f64, &'static str> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    let rest = &unsigned[digits..];
    let fraction = rest
        .strip_prefix('.')
        .map_or(0, |rest| 1 + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let (number, suffix) = unsigned.split_at(digits + fraction);
    if !number.bytes().any(|byte| byte.is_ascii_digit()) || !is_suffix(suffix) {
        return Err(FORMAT);
    }
    let number: f64 = number.parse().map_err(|_| FORMAT)?;
    let value = number * multiplier(suffix).ok_or(SUFFIX)?;
    Ok(if text.starts_with('-') { -value } else { value })
}

/// A quantity of bytes, rounded up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is not negative")]
pub(crate) fn bytes(text: &str) -> Option<u64> {
    parse(text).ok().filter(|value| *value >= 0.0).map(|value| value.ceil() as u64)
}

/// Whether a suffix has the form of one: letters, then perhaps an exponent.
fn is_suffix(text: &str) -> bool {
    let letters = text.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let exponent = letters.strip_prefix(['+', '-']).unwrap_or(letters);
    exponent.bytes().all(|byte| byte.is_ascii_digit())
}

fn multiplier(suffix: &str) -> Option<f64> {
    Some(match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024_f64.powi(2),
        "Gi" => 1024_f64.powi(3),
        "Ti" => 1024_f64.powi(4),
        "Pi" => 1024_f64.powi(5),
        "Ei" => 1024_f64.powi(6),
        _ => 10_f64.powi(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantities_have_their_values() {
        let table = [
            ("256Mi", 268_435_456.0),
            ("100m", 0.1),
            ("1e3", 1000.0),
            ("1.5k", 1500.0),
            ("-1", -1.0),
            ("1E", 1e18),
        ];
        for (text, value) in table {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        assert_eq!(bytes("1.5Ki"), Some(1536));
        assert_eq!(bytes("-1"), None);
    }

    #[test]
    fn what_is_no_quantity_is_refused_in_the_platforms_words() {
        for text in ["", "1 GB", "1Gb", "x", ".", "1.2.3", "--1", "1,5"] {
            assert_eq!(parse(text), Err(FORMAT), "{text}");
        }
        for text in ["1GM", "1K", "1mi"] {
            assert_eq!(parse(text), Err(SUFFIX), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}") {
            let _ = (parse(&text), bytes(&text));
        }
    }
}
