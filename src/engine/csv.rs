//! `KEY=VALUE,KEY=VALUE`, the form that docker's options have, with quotes around a field that has a comma.

/// The pairs, in order, with the keys in lower case.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    if text.trim().is_empty() {
        return Err("there is nothing in it".to_owned());
    }
    fields(text)?.iter().map(|field| pair(field)).collect()
}

fn pair(field: &str) -> Result<(String, String), String> {
    let (key, value) = field.split_once('=').ok_or_else(|| format!("{field} is not KEY=VALUE"))?;
    Ok((key.trim().to_ascii_lowercase(), value.to_owned()))
}

/// What is between the commas.
pub(crate) fn fields(text: &str) -> Result<Vec<String>, String> {
    let (mut fields, mut rest) = (Vec::new(), text);
    loop {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_field(quoted)?
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None if after.is_empty() => return Ok(fields),
            None => return Err(format!("{after} follows a quote")),
        }
    }
}

/// A field up to its quote, and what follows that; two quotes in a row are one that is meant.
fn quoted_field(text: &str) -> Result<(String, &str), String> {
    let (mut field, mut rest) = (String::new(), text);
    loop {
        let (part, after) = rest.split_once('"').ok_or("a quote is never closed")?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_field_may_have_commas_and_quotes() {
        let expected = [("a", "b"), ("c", "d,\"e\""), ("f", "")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(pairs("A=b,\"c=d,\"\"e\"\"\",f=").unwrap(), expected);
        assert_eq!(pairs("\"a=b\"c").unwrap_err(), "c follows a quote");
    }
}
