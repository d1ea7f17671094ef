//! The formats of strings that the API server checks. Others, `int32` and `double` among them, mean nothing to it.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

/// Whether a text is of a format; a format that is not checked takes any.
pub(super) fn accepts(format: &str, text: &str) -> bool {
    match normalized(format).as_str() {
        "datetime" => is_date_time(text),
        "date" => is_date(text),
        "duration" => is_duration(text),
        "ipv4" => text.contains('.') && text.parse::<IpAddr>().is_ok(),
        "ipv6" => text.contains(':') && text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "uri" => is_uri(text),
        "email" => is_email(text),
        "hostname" => is_hostname(text),
        other => {
            patterns().find(|(name, _)| *name == other).is_none_or(|(_, pattern)| pattern.is_match(text))
        }
    }
}

/// Whether the API server knows a format. It forgets those that it does not know.
pub(super) fn is_known(format: &str) -> bool {
    const CHECKED: [&str; 9] =
        ["datetime", "date", "duration", "ipv4", "ipv6", "cidr", "uri", "email", "hostname"];
    /// Known, and not checked here.
    const UNCHECKED: [&str; 5] = ["password", "creditcard", "isbn", "isbn10", "isbn13"];
    let name = normalized(format);
    CHECKED.contains(&name.as_str())
        || UNCHECKED.contains(&name.as_str())
        || patterns().any(|(pattern, _)| pattern == name)
}

/// `date-time` is `datetime`.
fn normalized(format: &str) -> String {
    format.replace('-', "")
}

/// The formats that are patterns.
fn patterns() -> impl Iterator<Item = (&'static str, &'static Regex)> {
    static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
        let channel = r"\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*";
        [
            ("uuid", r"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$".to_owned()),
            ("uuid3", r"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$".to_owned()),
            ("uuid4", r"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$".to_owned()),
            ("uuid5", r"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$".to_owned()),
            ("byte", r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$".to_owned()),
            ("mac", r"(?i)^(?:[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?::[0-9a-f]{2}){7}|(?:-[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){7})|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2,3})$".to_owned()),
            ("ssn", r"^\d{3}[- ]?\d{2}[- ]?\d{4}$".to_owned()),
            ("hexcolor", r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$".to_owned()),
            ("rgbcolor", format!(r"^rgb\({channel},{channel},{channel}\)$")),
            ("bsonobjectid", "(?i)^[0-9a-f]{24}$".to_owned()),
        ]
        .map(|(name, pattern)| (name, Regex::new(&pattern).expect("a constant pattern")))
        .into()
    });
    PATTERNS.iter().map(|(name, pattern)| (*name, pattern))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return false;
    }
    let number = |part: &str| part.parse::<u32>().unwrap_or_default();
    let (year, month, day) = (number(year), number(month), number(day));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_date_time(text: &str) -> bool {
    static TIME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$")
            .expect("a constant pattern")
    });
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let Some(found) = TIME.captures(time) else { return false };
    is_date(date) && &found[1] <= "23" && &found[2] <= "59" && &found[3] <= "59"
}

/// Go's durations, and `3 days`.
fn is_duration(text: &str) -> bool {
    static DURATION: LazyLock<Regex> = LazyLock::new(|| {
        let go = r"[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)";
        let unit = "ns|us|µs|ms|nanoseconds?|microseconds?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|w|weeks?";
        Regex::new(&format!(r"^(?:{go}|(?i:\d+\s*(?:{unit})))$")).expect("a constant pattern")
    });
    DURATION.is_match(text)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let plain = bits.len() <= 3 && !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
    let max = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    plain && bits.parse::<u32>().is_ok_and(|bits| bits <= max)
}

/// An absolute URI, or an absolute path.
fn is_uri(text: &str) -> bool {
    static URI: LazyLock<Regex> = LazyLock::new(|| {
        let authority = r"(?:[^/?#\s@]*@)?(?:\[[^\[\]\s/]+\]|[^\s/?#\[\]:@<>]*)(?::\d*)?";
        let path = "(?:[^%\\x00-\\x1f\\x7f]|%[0-9A-Fa-f]{2})*";
        let scheme = "[A-Za-z][A-Za-z0-9+.-]*";
        Regex::new(&format!(
            r"^(?:{scheme}://{authority}(?:[/?#]{path})?|{scheme}:/?(?:[^/]{path})?|/{path}|\*)$"
        ))
        .expect("a constant pattern")
    });
    URI.is_match(text)
}

/// An address, or a name and an address in angle brackets.
fn is_email(text: &str) -> bool {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        let atom = r"[^\s\x00-\x1f\x7f()<>\[\]:;@\\,.\x22]+";
        let dotted = format!(r"{atom}(?:\.{atom})*");
        let local = format!(r#"(?:{dotted}|"(?:[^"\\]|\\.)*")"#);
        let address = format!(r"{local}@(?:{dotted}|\[[^\[\]\s]*\])");
        Regex::new(&format!(r"^\s*(?:{address}|[^<>@]*<{address}>)\s*$")).expect("a constant pattern")
    });
    ADDRESS.is_match(text)
}

fn is_hostname(text: &str) -> bool {
    static HOSTNAME: LazyLock<Regex> = LazyLock::new(|| {
        let sign = r"[a-zA-Z0-9\p{S}\p{L}]";
        let label = format!(r"{sign}(?:(?:[a-zA-Z0-9\-\p{{S}}\p{{L}}]{{0,61}}{sign})?)\.");
        Regex::new(&format!(r"^(?:{sign}(?:-?{sign}{{0,62}})?|(?:{label})+{sign}(?:-?{sign}){{1,62}})$"))
            .expect("a constant pattern")
    });
    text.len() <= 255 && text.split('.').all(|part| part.len() <= 63) && HOSTNAME.is_match(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_format_takes_what_is_of_it_and_nothing_near() {
        let table = [
            ("date-time", "2024-01-01T10:00:00Z", "2024-01-01 10:00:00"),
            ("date-time", "2024-02-29T10:00:00.5+01:00", "2023-02-29T10:00:00Z"),
            ("datetime", "2024-01-01t23:59:59z", "2024-01-01T24:00:00Z"),
            ("date", "2024-12-31", "2024-13-01"),
            ("duration", "1h30m", "1 fortnight"),
            ("duration", "3 days", "h"),
            ("ipv4", "10.0.0.1", "10.0.0.256"),
            ("ipv6", "fe80::1", "10.0.0.1"),
            ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
            ("cidr", "fe80::/64", "10.0.0.0"),
            ("uri", "https://acme.io:8080/a?b=c#d", "acme.io"),
            ("uri", "/path", "http://a b/"),
            ("uri", "mailto:a@b", "http://a:x/"),
            ("email", "a.b@acme.io", "a.b"),
            ("email", "A B <a@b>", "a@@b"),
            ("hostname", "a-b.acme.io", "a_b"),
            ("uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810"),
            ("byte", "aGVsbG8=", "hello"),
            ("mac", "00:1a:2b:3c:4d:5e", "00:1a:2b"),
            ("hexcolor", "#ffaa00", "#ff"),
            ("rgbcolor", "rgb(1, 2, 255)", "rgb(1, 2, 256)"),
        ];
        for (format, good, bad) in table {
            assert!(is_known(format), "{format}");
            assert!(accepts(format, good), "{format} takes {good}");
            assert!(!accepts(format, bad), "{format} refuses {bad}");
        }
    }

    #[test]
    fn what_is_not_checked_takes_anything() {
        assert!(accepts("password", "") && is_known("password"));
        for format in ["int32", "double", "made-up"] {
            assert!(!is_known(format) && accepts(format, "x"), "{format}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            for format in ["date-time", "date", "duration", "ipv4", "cidr", "uri", "email", "hostname", "mac"] {
                accepts(format, &text);
            }
        }
    }
}
