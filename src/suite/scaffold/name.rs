//! Readable names for tests: `size-large`, `with-backup`.

/// Words that say that something is there or not, and are no part of what it is.
const SWITCHES: [&str; 9] = ["enable", "enabled", "use", "with", "include", "is", "has", "install", "create"];

/// The longest name.
const MAX: usize = 60;

/// `enableDataCollection` → `enable-data-collection`; whatever is no letter or digit parts words.
pub(super) fn kebab(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut words = String::new();
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| chars[before]);
        let lower_follows = chars.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && lower_follows)
            });
        if begins || !c.is_ascii_alphanumeric() {
            words.push('-');
        }
        if c.is_ascii_alphanumeric() {
            words.push(c.to_ascii_lowercase());
        }
    }
    let words: Vec<&str> = words.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// A field of a value: `size-large`.
pub(super) fn of_value(field: &str, value: &str) -> String {
    let value = match value {
        "" => "empty".to_owned(),
        value => kebab(value),
    };
    cut(&format!("{}-{value}", kebab(field)))
}

/// A field that is there: `with-backup`.
pub(super) fn with(field: &str) -> String {
    cut(&format!("with-{}", kebab(field)))
}

/// A field that is not: `without-backup`.
pub(super) fn without(field: &str) -> String {
    cut(&format!("without-{}", kebab(field)))
}

/// A boolean: `with-backup` for `enableBackup` or for `backup.enabled`, `not-approved` for `approved`.
pub(super) fn of_boolean(parent: Option<&str>, field: &str, value: bool) -> String {
    let words = kebab(field);
    let mut what: Vec<&str> = words.split('-').collect();
    while what.len() > 1 && SWITCHES.contains(&what[0]) {
        what.remove(0);
    }
    if what.len() > 1 && SWITCHES.contains(&what[what.len() - 1]) {
        what.pop();
    }
    let what = what.join("-");
    let named = match parent {
        Some(parent) if SWITCHES.contains(&what.as_str()) => kebab(parent),
        _ => what.clone(),
    };
    // A participle says what is done to the whole.
    let name = match (named == what && what.ends_with("ed") && !what.contains('-'), value) {
        (true, true) => what,
        (true, false) => format!("not-{what}"),
        (false, true) => format!("with-{named}"),
        (false, false) => format!("without-{named}"),
    };
    cut(&name)
}

/// A name that a file system and a terminal can bear.
fn cut(name: &str) -> String {
    name.chars().take(MAX).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_where_they_begin() {
        let table = [
            ("enableDataCollection", "enable-data-collection"),
            ("dbDriver", "db-driver"),
            ("HTTPPort", "http-port"),
            ("a_b.c/d", "a-b-c-d"),
            ("t3.xLarge", "t3-x-large"),
            ("--", ""),
        ];
        for (text, expected) in table {
            assert_eq!(kebab(text), expected);
        }
    }

    #[test]
    fn a_boolean_reads_as_what_it_means() {
        let table = [
            (None, "enableDataCollection", "with-data-collection", "without-data-collection"),
            (None, "backup", "with-backup", "without-backup"),
            (Some("backup"), "enabled", "with-backup", "without-backup"),
            (None, "enabled", "enabled", "not-enabled"),
            (None, "backupEnabled", "with-backup", "without-backup"),
            (Some("spec"), "approved", "approved", "not-approved"),
            (None, "isHighlyAvailable", "with-highly-available", "without-highly-available"),
        ];
        for (parent, field, yes, no) in table {
            assert_eq!(of_boolean(parent, field, true), yes);
            assert_eq!(of_boolean(parent, field, false), no);
        }
    }

    #[test]
    fn names_say_field_and_value() {
        assert_eq!(of_value("dbDriver", "postgresql"), "db-driver-postgresql");
        assert_eq!(of_value("size", ""), "size-empty");
        assert_eq!(of_value("size", &"x".repeat(99)).len(), MAX);
        assert_eq!((with("tls"), without("tls")), ("with-tls".to_owned(), "without-tls".to_owned()));
    }
}
