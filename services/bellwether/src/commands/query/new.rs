//! `query new`: a metric to begin with, and its test.

use crate::{
    commands::Context,
    configured,
    failure::{Failure, Outcome},
    settings::Settings,
};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};
use workbench::{QueryFileError, find_queries, name_fault, read_queries};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The metric's name, and that of its files: lower-case words joined by underscores
    name: String,
    /// What it measures
    #[arg(long, value_enum, default_value_t)]
    kind: Skeleton,
}

/// The skeletons, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Skeleton {
    /// A share: so much of so much
    #[default]
    Ratio,
    /// A mean of respondents' scores
    Mean,
    /// How many
    Count,
    /// So many per so much
    Rate,
}

impl Skeleton {
    /// Query and test, with `NAME` where the name belongs.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Ratio => (include_str!("skeletons/ratio.sql"), include_str!("skeletons/ratio.slt")),
            Self::Mean => (include_str!("skeletons/mean.sql"), include_str!("skeletons/mean.slt")),
            Self::Count => (include_str!("skeletons/count.sql"), include_str!("skeletons/count.slt")),
            Self::Rate => (include_str!("skeletons/rate.sql"), include_str!("skeletons/rate.slt")),
        }
    }
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let Arguments { name, kind } = arguments;
    if let Some(fault) = name_fault(&name) {
        return Err(Failure::misuse(format!("metric name `{name}`: {fault}")));
    }
    let folder = context.settings.indicators.queries.clone();
    let (query, test) = (folder.join(format!("{name}.sql")), folder.join(format!("{name}.slt")));
    if let Some(there) = [&query, &test].into_iter().find(|path| path.exists()) {
        let there = there.display();
        return Err(Failure::misuse(format!("{there} already exists: choose another name, or move it away")));
    }
    let (sql, slt) = kind.texts();
    let (sql, slt) = (sql.replace("NAME", &name), slt.replace("NAME", &name));
    check(&folder, &query, &sql, &context.settings).await?;
    fs::create_dir_all(&folder).map_err(|error| anyhow::anyhow!("{}: {error}", folder.display()))?;
    write(&query, &sql)?;
    write(&test, &slt)?;
    let (query, test) = (query.display(), test.display());
    context.out.text(&format!(
        "wrote {query}: the declaration, and one SELECT\n\
         wrote {test}: its test\n\
         Edit both, then run\n  \
         bellwether query check {query}\n  \
         bellwether query test {query}\n  \
         bellwether query run {name}"
    ))?;
    Ok(Outcome::Done)
}

/// Refuses what would be a fault once it is there: a name that Prometheus would not take, or that others have.
async fn check(folder: &Path, query: &Path, sql: &str, settings: &Settings) -> Result<(), Failure> {
    let contracts = configured::contracts(settings)?;
    // Without a folder there is nothing yet that the name could clash with.
    let mut files = find_queries(&[folder.to_owned()]).unwrap_or_default();
    files.push((query.to_owned(), sql.to_owned()));
    let Err(QueryFileError::Faults(faults)) = read_queries(&files, &contracts).await else { return Ok(()) };
    let path = query.display().to_string();
    match faults.into_iter().find(|fault| fault.file == path) {
        Some(fault) => Err(Failure::misuse(fault.message)),
        None => Ok(()),
    }
}

/// Never over what is there.
fn write(path: &PathBuf, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench::{KEYS, Shape};

    #[test]
    fn every_skeleton_teaches_every_key() {
        for kind in [Skeleton::Ratio, Skeleton::Mean, Skeleton::Count, Skeleton::Rate] {
            let (sql, _) = kind.texts();
            let stands =
                |name: &str| sql.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{name} ")));
            for key in KEYS {
                assert!(stands(key.name), "{kind:?} does not teach `{}`", key.name);
                let (Shape::Table(within) | Shape::TextOr(within)) = key.shape else { continue };
                let named = |name: &str| sql.contains(&format!("{name} = "));
                assert!(within.iter().all(|key| named(key.name)), "{kind:?} does not teach all of `{}`", key.name);
            }
        }
    }
}
