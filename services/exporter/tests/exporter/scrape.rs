//! Reading an exposition back, far enough to assert on it.

use std::collections::BTreeMap;

/// One sample: name, labels, value.
pub type Sample = (String, BTreeMap<String, String>, f64);

/// All samples of a text exposition; anything that is not one panics.
pub fn parse(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.starts_with('#')).map(sample).collect()
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (name, labels) = match series.split_once('{') {
        Some((name, rest)) => (name, labels(rest.strip_suffix('}').unwrap())),
        None => (series, BTreeMap::new()),
    };
    (name.to_owned(), labels, value.parse().unwrap())
}

fn labels(mut rest: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap();
        let (value, used) = quoted(after);
        out.insert(name.to_owned(), value);
        rest = after[used..].trim_start_matches(',');
    }
    out
}

/// The value up to the closing quote, and how many bytes it took, the quote included.
fn quoted(text: &str) -> (String, usize) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, at + 1),
            '\\' => value.push(match chars.next().unwrap().1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    panic!("no closing quote in {text:?}");
}

/// Values of a family by one label.
pub fn by<'a>(samples: &'a [Sample], family: &str, label: &str) -> BTreeMap<&'a str, f64> {
    let of = samples.iter().filter(|(name, ..)| name == family);
    of.map(|(_, labels, value)| (labels.get(label).map_or("", String::as_str), *value)).collect()
}
