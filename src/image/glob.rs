//! Path patterns with `*`, `?`, `[a-z]` and `**`, as the engine matches them.

use regex::Regex;

/// A pattern for a whole path, with `/` between names.
#[derive(Debug, Clone)]
pub(super) struct Glob(Regex);

impl Glob {
    /// The pattern, or what is wrong with it.
    pub(super) fn new(pattern: &str) -> Result<Self, &'static str> {
        let body = match pattern.strip_prefix("**") {
            // Only here does `**` reach into a name: `**.md` is every path that ends so.
            Some(end) if !end.is_empty() && !end.starts_with('/') && !is_special(end) => {
                format!(".*{}", regex::escape(end))
            }
            _ => translate(pattern)?,
        };
        Regex::new(&format!(r"(?s)\A(?:{body})\z")).map(Self).map_err(|_| "the pattern is too long")
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// Whether a pattern is more than a path.
pub(super) fn is_special(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', ']', '\\'])
}

fn translate(pattern: &str) -> Result<String, &'static str> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' if rest.starts_with('*') => {
                let after = rest[1..].strip_prefix('/').unwrap_or(&rest[1..]);
                out.push_str(if after.is_empty() { ".*" } else { "(?:.*/)?" });
                rest = after;
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => rest = class(rest, &mut out)?,
            '\\' => {
                let escaped = rest.chars().next().ok_or("a \\ at the end escapes nothing")?;
                rest = &rest[escaped.len_utf8()..];
                literal(escaped, &mut out);
            }
            c => literal(c, &mut out),
        }
    }
    Ok(out)
}

fn literal(c: char, out: &mut String) {
    out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
}

/// Translates what follows `[` up to its `]`, and gives what follows that.
fn class<'a>(text: &'a str, out: &mut String) -> Result<&'a str, &'static str> {
    let (negated, mut rest) = text.strip_prefix('^').map_or((false, text), |rest| (true, rest));
    out.push_str(if negated { "[^" } else { "[" });
    let mut empty = true;
    loop {
        if let Some(after) = rest.strip_prefix(']').filter(|_| !empty) {
            out.push(']');
            return Ok(after);
        }
        let (low, after) = member(rest)?;
        let (high, after) = match after.strip_prefix('-') {
            Some(range) => member(range)?,
            None => (low, after),
        };
        if low > high {
            return Err("the range in [ ] runs backwards");
        }
        literal(low, out);
        out.push('-');
        literal(high, out);
        rest = after;
        empty = false;
    }
}

/// One character of a class, which may be escaped.
fn member(text: &str) -> Result<(char, &str), &'static str> {
    const UNCLOSED: &str = "the [ is never closed";
    let mut chars = text.chars();
    match chars.next().ok_or(UNCLOSED)? {
        '-' | ']' => Err("a - or ] in [ ] needs a \\ before it"),
        '\\' => Ok((chars.next().ok_or(UNCLOSED)?, chars.as_str())),
        c => Ok((c, chars.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_engines_do() {
        for (pattern, hits, misses) in [
            ("a", &["a"][..], &["b", "x/a", "a/x"][..]),
            ("*.md", &["a.md", ".md"], &["d/a.md"]),
            ("a?c", &["abc", "aéc"], &["ac", "a/c"]),
            ("[a-c]x", &["bx"], &["dx", "-x"]),
            ("[^a-c]x", &["dx"], &["bx"]),
            ("[!a]x", &["!x", "ax"], &["bx"]),
            ("[\\]&&~]", &["]", "&", "~"], &["a"]),
            ("a.c", &["a.c"], &["abc"]),
            ("a\\*", &["a*"], &["ab"]),
            ("**", &["a", "a/b/c"], &[]),
            ("**/a", &["a", "x/a", "x/y/a"], &["xa", "a/x"]),
            ("**a", &["a", "ba", "x/ba"], &["ab"]),
            ("**/*.md", &["a.md", "x/y/a.md"], &["a.mdx"]),
            ("**.m?", &["a.md/.md", ".md"], &["a.md"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "ab"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a/xb", "ab"]),
            ("a**", &["a", "ab", "a/b"], &["ba"]),
        ] {
            let glob = Glob::new(pattern).unwrap();
            for hit in hits {
                assert!(glob.matches(hit), "{pattern} {hit}");
            }
            for miss in misses {
                assert!(!glob.matches(miss), "{pattern} {miss}");
            }
        }
    }

    #[test]
    fn a_malformed_pattern_is_refused() {
        for pattern in ["[", "[]", "[]a]", "[a", "[a-]", "[-a]", "[z-a]", "a\\", "[\\", "[a-\\"] {
            assert!(Glob::new(pattern).is_err(), "{pattern}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_panics(pattern in "[\\[\\]\\\\*?^a-cé/.&~-]{0,12}", path in "[a-c/é.]{0,8}") {
            if let Ok(glob) = Glob::new(&pattern) {
                let _ = glob.matches(&path);
            }
        }
    }
}
