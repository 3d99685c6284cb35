//! Labels on the command line.

/// `NAME=VALUE`.
pub fn parse(text: &str) -> Result<(String, String), String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err("give NAME=VALUE, such as job=bellwether".to_owned());
    };
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !starts || !letters || name.starts_with("__") {
        return Err(format!("`{name}` is no label: letters, digits and _, not with a digit or __ in front"));
    }
    if value.is_empty() {
        return Err(format!("`{name}` has no value: to Prometheus an empty label is an absent one"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_name_and_a_value() {
        assert_eq!(parse("instance=host:9464"), Ok(("instance".to_owned(), "host:9464".to_owned())));
        for bad in ["job", "=x", "9=x", "a-b=x", "__name__=x", "job="] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
