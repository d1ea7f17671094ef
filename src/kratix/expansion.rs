//! `$(VAR)` in values, commands and arguments, as Kubernetes expands it.

/// A text with references to variables replaced. `$$` is a dollar sign, and a reference to nothing stays as it is.
pub(crate) fn expand<'v>(text: &str, variable: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        if let Some(escaped) = after.strip_prefix('$') {
            out.push('$');
            rest = escaped;
        } else if let Some((name, following)) = after.strip_prefix('(').and_then(|name| name.split_once(')'))
        {
            match variable(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&rest[dollar..dollar + name.len() + 3]),
            }
            rest = following;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(text: &str) -> String {
        expand(text, |name| match name {
            "A" => Some("a"),
            "NEST" => Some("$(A)"),
            "EMPTY" => Some(""),
            _ => None,
        })
    }

    #[test]
    fn references_are_replaced_once_and_only_if_something_is_there() {
        let table = [
            ("x$(A)y", "xay"),
            ("$(A)$(A)", "aa"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$a"),
            ("$(NOPE)", "$(NOPE)"),
            ("$(NEST)", "$(A)"),
            ("[$(EMPTY)]", "[]"),
            ("$(A", "$(A"),
            ("$A ${A} $", "$A ${A} $"),
            ("cost: 5$", "cost: 5$"),
            ("$$", "$"),
            ("$()", "$()"),
            ("$é$(A)", "$éa"),
        ];
        for (text, expected) in table {
            assert_eq!(expanded(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[$()AéNEST]{0,30}") {
            expanded(&text);
        }
    }
}
