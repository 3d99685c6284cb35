//! `validate`: do these metrics lead those outcomes, and did a programme work where it began?
//!
//! ```text
//!  lake ─load─► Stored ─┬─panel─► Request ─validation::judge─────────────► Report ───────────┐
//!                       │                                                                    ├─► table · JSON · CSV
//!  rollouts.csv ────────┴─programmes─► Programme … ─validation::programmes─► ProgrammeReport ┘
//! ```
//!
//! It evaluates no query and stores nothing.

mod arguments;
mod chosen;
mod document;
mod page;
mod panel;
mod picture;
mod programmes;
mod rollouts;
mod strength;

pub use arguments::Arguments;
pub use strength::strengths;

#[cfg(test)]
mod tests;

use super::Context;
use crate::{
    configured,
    failure::{Failure, Outcome},
    output::{Format, Out},
    settings::Settings,
};
use chosen::Chosen;
use document::Document;
use evaluation::Stored;
use rollouts::Rollouts;
use validation::{
    Report, Request,
    rollout::{Programme, ProgrammeReport},
};

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let settings = &context.settings;
    let rollouts = rollouts(&arguments, settings)?;
    let contracts = configured::contracts(settings)?;
    let all = configured::good_queries(settings, &contracts).await?.metrics;
    let chosen = Chosen::of(&all, &arguments, &settings.validate)?;
    if arguments.rollout.is_empty() {
        chosen.pairs()?;
    }
    let stored = configured::stored(settings, &contracts).await?;
    let asked = Asked::of(&arguments, chosen, rollouts, &stored)?;
    // Minutes of arithmetic on all cores: not on a thread that others wait for.
    let (asked, found) = tokio::task::spawn_blocking(move || asked.answer()).await??;
    found.write(&mut context.out, &asked, &arguments, &stored)?;
    Ok(Outcome::Done)
}

/// The file, where one is named; that is needed where a rollout is.
fn rollouts(arguments: &Arguments, settings: &Settings) -> Result<Option<Rollouts>, Failure> {
    match arguments.rollouts.as_deref().or(settings.validate.rollouts.as_deref()) {
        Some(path) => Rollouts::read(path).map(Some),
        None if arguments.rollout.is_empty() => Ok(None),
        None => Err(Failure::misuse(
            "no rollouts are declared: name a file with lines of rollout,site,week by --rollouts FILE or the setting \
             `validate.rollouts`",
        )),
    }
}

/// What is computed.
struct Asked {
    /// Metrics against outcomes, unless only rollouts are asked for.
    pairs: Option<Request>,
    programmes: Vec<Programme>,
}

/// What came of it.
struct Found {
    pairs: Option<Report>,
    rollouts: Vec<ProgrammeReport>,
}

impl Asked {
    fn of(arguments: &Arguments, chosen: Chosen, rollouts: Option<Rollouts>, stored: &Stored) -> Result<Self, Failure> {
        let only_rollouts = !arguments.rollout.is_empty();
        let chosen = chosen.stored(arguments, |metric| panel::has_weeks(stored, metric));
        let programmes = match &rollouts {
            None => Vec::new(),
            Some(rollouts) => programmes::programmes(
                stored,
                (rollouts, &arguments.rollout),
                &chosen.movable(arguments),
                (usize::from(arguments.weeks_together), arguments.seed),
            )?,
        };
        let pairs = match only_rollouts {
            true => None,
            false => {
                chosen.pairs()?;
                Some(panel::request(stored, &chosen, arguments.seed)?)
            }
        };
        Ok(Self { pairs, programmes })
    }

    fn answer(self) -> Result<(Self, Found), Failure> {
        let pairs = self.pairs.as_ref().map(validation::judge).transpose().map_err(Failure::usage)?;
        let rollouts = validation::rollout::programmes(&self.programmes).map_err(Failure::usage)?;
        Ok((self, Found { pairs, rollouts }))
    }
}

impl Found {
    fn write(self, out: &mut Out, asked: &Asked, arguments: &Arguments, stored: &Stored) -> Result<(), Failure> {
        let Self { pairs, rollouts } = self;
        match (arguments.format, &pairs) {
            (Format::Json, _) => {
                let pairs = asked.pairs.as_ref().zip(pairs);
                out.json(&Document::new(stored.as_of, pairs, rollouts))?;
            }
            (Format::Csv, Some(report)) => out.list(Format::Csv, &page::COLUMNS, &page::lines(report))?,
            (Format::Csv, None) => {
                out.list(Format::Csv, &page::ROLLOUT_COLUMNS, &page::rollout_lines(&rollouts))?;
            }
            (Format::Table, Some(report)) => {
                out.list(Format::Table, &page::COLUMNS, &page::lines(report))?;
                out.text(&page::words(report))?;
                if !rollouts.is_empty() {
                    out.text(&page::rollout_words(&rollouts, false))?;
                }
            }
            (Format::Table, None) => {
                out.list(Format::Table, &page::ROLLOUT_COLUMNS, &page::rollout_lines(&rollouts))?;
                out.text(&page::rollout_words(&rollouts, true))?;
            }
        }
        Ok(())
    }
}
