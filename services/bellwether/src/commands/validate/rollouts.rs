//! The file of rollouts: which programme started at which site in which week.
//!
//! ```text
//! rollout,site,week
//! # a comment
//! field_coaching,leeds,2026-W10
//! field_coaching,york,2026-03-30
//! ```

use crate::{commands::when, failure::Failure};
use evaluation::messages::did_you_mean;
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The first line.
const HEADER: [&str; 3] = ["rollout", "site", "week"];

/// Most faults that are told at once.
const TOLD: usize = 20;

/// Programmes by name, each with the week in which a site was reached.
#[derive(Debug, PartialEq)]
pub(super) struct Rollouts {
    file: String,
    rows: Vec<Row>,
}

/// One line.
#[derive(Debug, PartialEq)]
struct Row {
    rollout: String,
    site: String,
    week: Date,
    line: usize,
    /// Where the site stands in it.
    column: usize,
}

impl Rollouts {
    /// Reads it.
    ///
    /// # Errors
    /// A file that cannot be read, or all that is wrong in it, each with its place.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::misuse(format!(
                "cannot read the rollouts {file}: {error}; name the file with --rollouts FILE or the setting \
                 `validate.rollouts`"
            ))
        })?;
        Self::parse(file, &text)
    }

    fn parse(file: String, text: &str) -> Result<Self, Failure> {
        let (mut rows, mut faults): (Vec<Row>, _) = (Vec::new(), Vec::new());
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_end).enumerate();
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        match lines.next() {
            Some((_, header)) if fields(header).iter().map(|(_, name)| name.as_str()).eq(HEADER) => {}
            Some((at, header)) => faults.push(format!("{file}:{}:1: {}", at + 1, wrong_header(header))),
            None => faults.push(format!("{file}:1:1: it is empty: the first line is `{}`", HEADER.join(","))),
        }
        for (at, line) in lines {
            let row = row(line, at + 1).and_then(|row| match rows.iter().find(|other| row.is_again(other)) {
                Some(other) => Err((
                    row.column,
                    format!("`{}` was reached by `{}` on line {} already", row.site, row.rollout, other.line),
                )),
                None => Ok(row),
            });
            match row {
                Ok(row) => rows.push(row),
                Err((column, why)) => faults.push(format!("{file}:{}:{column}: {why}", at + 1)),
            }
        }
        if faults.is_empty() { Ok(Self { file, rows }) } else { Err(told(&faults)) }
    }

    /// # Errors
    /// Every site that is none of these, with its place: a name that is nearly right would be a site never reached.
    pub(super) fn check_sites(&self, sites: &BTreeSet<&str>) -> Result<(), Failure> {
        let unknown = self.rows.iter().filter(|row| !sites.contains(row.site.as_str()));
        let fault = |row: &Row| {
            let near = did_you_mean(&row.site, sites.iter().copied());
            let advice = near.unwrap_or_else(|| {
                "the lake has neither a reference record nor a value of it: write it as `site_id` in the events"
                    .to_owned()
            });
            format!("{}:{}:{}: there is no site `{}`; {advice}", self.file, row.line, row.column, row.site)
        };
        let faults: Vec<String> = unknown.map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(told(&faults)) }
    }

    /// The rollouts of these names, each with the week in which it reached each of its sites; all without a name.
    ///
    /// # Errors
    /// A name that no line has.
    pub(super) fn named(&self, names: &[String]) -> Result<BTreeMap<&str, BTreeMap<&str, Date>>, Failure> {
        let mut all: BTreeMap<&str, BTreeMap<&str, Date>> = BTreeMap::new();
        for row in &self.rows {
            all.entry(&row.rollout).or_default().insert(&row.site, row.week);
        }
        if let Some(unknown) = names.iter().find(|name| !all.contains_key(name.as_str())) {
            let known: Vec<&str> = all.keys().copied().collect();
            let advice = did_you_mean(unknown, known.iter().copied());
            let advice = advice.unwrap_or_else(|| format!("{} has {}", self.file, known.join(", ")));
            return Err(Failure::misuse(format!("there is no rollout `{unknown}`; {advice}")));
        }
        all.retain(|name, _| names.is_empty() || names.iter().any(|wanted| wanted == name));
        Ok(all)
    }
}

impl Row {
    fn is_again(&self, other: &Self) -> bool {
        (&self.rollout, &self.site) == (&other.rollout, &other.site)
    }
}

/// A line's fields; what is wrong, with the column.
fn row(line: &str, number: usize) -> Result<Row, (usize, String)> {
    let fields = fields(line);
    let [(at, rollout), (column, site), (week_at, week)] = fields.as_slice() else {
        let noun = if fields.len() == 1 { "field" } else { "fields" };
        return Err((1, format!("{} {noun}: give {} separated by commas", fields.len(), HEADER.join(", "))));
    };
    for (at, (name, value)) in [(at, ("rollout", rollout)), (column, ("site", site))] {
        if value.is_empty() {
            return Err((*at, format!("the {name} is empty")));
        }
    }
    let monday = when::monday(week).map_err(|right| (*week_at, format!("`{week}` is no week: {right}")))?;
    Ok(Row { rollout: rollout.clone(), site: site.clone(), week: monday, line: number, column: *column })
}

/// Fields with the column where each begins. One in quotes may hold commas, and `""` for a quote.
fn fields(line: &str) -> Vec<(usize, String)> {
    let (mut fields, mut quoted) = (vec![(1, String::new())], false);
    let mut letters = line.chars().enumerate().peekable();
    while let Some((at, letter)) = letters.next() {
        let Some((_, field)) = fields.last_mut() else { break };
        match letter {
            '"' if quoted && letters.next_if(|(_, next)| *next == '"').is_some() => field.push('"'),
            '"' if quoted || field.trim().is_empty() => quoted = !quoted,
            ',' if !quoted => fields.push((at + 2, String::new())),
            letter => field.push(letter),
        }
    }
    fields.into_iter().map(|(at, field)| (at, field.trim().to_owned())).collect()
}

fn wrong_header(header: &str) -> String {
    let right = HEADER.join(",");
    match header.contains(';') {
        true => format!("the first line is `{header}`: separate fields by commas, as in `{right}`"),
        false => format!("the first line is `{header}`: it has to be `{right}`"),
    }
}

fn told(faults: &[String]) -> Failure {
    let mut lines: Vec<String> = faults.iter().take(TOLD).cloned().collect();
    if faults.len() > TOLD {
        lines.push(format!("and {} more", faults.len() - TOLD));
    }
    Failure::misuse(lines.join("\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Rollouts, String> {
        Rollouts::parse("rollouts.csv".to_owned(), text).map_err(|failure| failure.line())
    }

    #[test]
    fn a_spreadsheet_with_carriage_returns_and_comments_is_read() {
        let text = "\u{feff}rollout,site,week\r\n# first wave\r\n\r\ncoaching,leeds,2026-W10\r\n\
                    coaching, \"york, old town\" ,2026-03-31\r\naudits,leeds,2026-05-04\r\n";
        let rollouts = parse(text).unwrap();
        let all = rollouts.named(&[]).unwrap();
        let weeks: Vec<(&str, String)> = all["coaching"].iter().map(|(site, week)| (*site, week.to_string())).collect();
        assert_eq!(weeks, [("leeds", "2026-03-02".to_owned()), ("york, old town", "2026-03-30".to_owned())]);
        assert_eq!(rollouts.named(&["audits".to_owned()]).unwrap().len(), 1);
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_column() {
        let text = "rollout,site,week\ncoaching,leeds,2026-13-01\ncoaching,york\ncoaching,,2026-W10\n\
                    coaching,hull,2026-W10\ncoaching,hull,2026-W12\n,hull,2026-W10\n";
        let told = parse(text).unwrap_err();
        for part in [
            "rollouts.csv:2:16: `2026-13-01` is no week: give a week as 2026-W23",
            "rollouts.csv:3:1: 2 fields: give rollout, site, week separated by commas",
            "rollouts.csv:4:10: the site is empty",
            "rollouts.csv:6:10: `hull` was reached by `coaching` on line 5 already",
            "rollouts.csv:7:1: the rollout is empty",
        ] {
            assert!(told.contains(part), "no «{part}» in {told}");
        }
    }

    #[test]
    fn a_file_without_its_header_says_what_the_first_line_is() {
        assert!(
            parse("").unwrap_err().contains("rollouts.csv:1:1: it is empty: the first line is `rollout,site,week`")
        );
        let told = parse("# made by hand\ncoaching,leeds,2026-W10\n").unwrap_err();
        assert!(told.contains("rollouts.csv:2:1: the first line is `coaching,leeds,2026-W10`: it has to be"), "{told}");
        assert!(parse("rollout;site;week\n").unwrap_err().contains("separate fields by commas"));
    }

    /// A site that was written wrongly would count as one never reached, and spoil the comparison unseen.
    #[test]
    fn a_site_that_is_not_known_is_refused_with_a_near_name() {
        let rollouts = parse("rollout,site,week\ncoaching,leds,2026-W10\ncoaching,tokyo,2026-W10\n").unwrap();
        let told = rollouts.check_sites(&BTreeSet::from(["leeds", "york"])).unwrap_err().line();
        assert!(told.contains("rollouts.csv:2:10: there is no site `leds`; did you mean `leeds`?"), "{told}");
        assert!(told.contains("rollouts.csv:3:10: there is no site `tokyo`; the lake has neither"), "{told}");
        let told = rollouts.named(&["coachin".to_owned()]).unwrap_err().line();
        assert_eq!(told, "there is no rollout `coachin`; did you mean `coaching`?");
    }
}
