//! Texts that people write for a field of a name or a format.

/// Formats, and a text of each.
const FORMATS: &[(&str, &str)] = &[
    ("date-time", "2026-01-01T00:00:00Z"),
    ("date", "2026-01-01"),
    ("duration", "1h"),
    ("ipv4", "10.0.0.1"),
    ("ipv6", "2001:db8::1"),
    ("cidr", "10.0.0.0/16"),
    ("uri", "https://example.com"),
    ("email", "somebody@example.com"),
    ("hostname", "example.com"),
    ("uuid", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
    ("uuid3", "6ba7b810-9dad-31d1-80b4-00c04fd430c8"),
    ("uuid4", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
    ("uuid5", "6ba7b810-9dad-51d1-80b4-00c04fd430c8"),
    ("byte", "ZXhhbXBsZQ=="),
    ("mac", "00:1a:2b:3c:4d:5e"),
    ("hexcolor", "#336699"),
    ("rgbcolor", "rgb(51, 102, 153)"),
    ("ssn", "000-00-0000"),
    ("bsonobjectid", "507f1f77bcf86cd799439011"),
    ("creditcard", "4111111111111111"),
    ("isbn", "9780306406157"),
    ("isbn10", "0306406152"),
    ("isbn13", "9780306406157"),
    ("quantity", "1Gi"),
];

/// Last words of names, and a text that fits.
const NAMES: &[(&str, &str)] = &[
    ("cidr", "10.0.0.0/16"),
    ("cpu", "500m"),
    ("disk", "1Gi"),
    ("domain", "example.com"),
    ("email", "somebody@example.com"),
    ("endpoint", "https://example.com"),
    ("host", "example.com"),
    ("hostname", "example.com"),
    ("image", "example/image:v1.0.0"),
    ("ip", "10.0.0.1"),
    ("memory", "256Mi"),
    ("namespace", "default"),
    ("repo", "https://example.com/example.git"),
    ("repository", "https://example.com/example.git"),
    ("schedule", "0 3 * * *"),
    ("storage", "1Gi"),
    ("uri", "https://example.com"),
    ("url", "https://example.com"),
    ("version", "1.0.0"),
];

/// What may fit where neither the name nor the format tells.
const OTHERS: &[&str] = &[
    "example",
    "1Gi",
    "1.0.0",
    "v1.0.0",
    "https://example.com",
    "10.0.0.0/16",
    "10.0.0.1",
    "example.com",
    "somebody@example.com",
    "example/image:v1.0.0",
    "2026-01-01",
    "0 3 * * *",
    "1h",
    "EXAMPLE",
];

/// Texts for a string, likelier ones first.
pub(super) fn texts<'a>(name: &str, format: Option<&'a str>) -> impl Iterator<Item = &'static str> + use<'a> {
    let last = super::name::kebab(name).rsplit('-').next().unwrap_or_default().to_owned();
    let named = NAMES.iter().filter(move |(name, _)| *name == last).map(|(_, text)| *text);
    let formatted = FORMATS.iter().filter(move |(name, _)| {
        format.is_some_and(|format| format.replace('-', "") == name.replace('-', ""))
    });
    formatted.map(|(_, text)| *text).chain(named).chain(OTHERS.iter().copied())
}

/// An integer that people write for a field of a name.
pub(super) fn integer(name: &str) -> Option<i64> {
    match super::name::kebab(name).rsplit('-').next()? {
        "port" => Some(8080),
        "percent" | "percentage" => Some(50),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kratix::schema::violations;

    #[test]
    fn each_text_is_of_its_format() {
        for (format, text) in FORMATS {
            let schema = json!({"type": "string", "format": format});
            assert_eq!(violations(&schema, &json!(text)), [], "{format}");
        }
    }

    #[test]
    fn the_format_counts_before_the_name_and_the_last_word_of_that_counts() {
        let first = |name, format| texts(name, format).next();
        assert_eq!(first("bindIP", Some("ipv6")), Some("2001:db8::1"));
        assert_eq!(first("containerImage", None), Some("example/image:v1.0.0"));
        assert_eq!(first("imageOwner", None), Some("example"));
        assert_eq!((integer("targetPort"), integer("portals")), (Some(8080), None));
    }
}
