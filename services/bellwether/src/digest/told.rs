//! A digest as it is told: with its links, in each of its forms.

use indicators::board::{Board, Digest, Only, words};
use serde::Serialize;

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people, and for chats.
    #[default]
    Markdown,
    /// A page of its own, as it is mailed.
    Html,
    /// One JSON document.
    Json,
}

/// A digest and where it leads.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// What it is about: `region North`; `None`: everything.
    pub about: Option<String>,
    /// Where the pages are.
    pub url: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub digest: Digest,
}

/// Most sites that are told of in words; the pages and the JSON have all.
pub(super) const TOLD: usize = 30;
/// So many have beside them what to talk about.
pub(super) const TALKED: usize = 5;

impl Told {
    /// Of a part of a board.
    ///
    /// # Errors
    /// A part that is not there.
    pub fn of(board: &Board, only: &Only, url: Option<&str>) -> Result<Self, String> {
        let about = [("region", &only.region), ("owner", &only.owner)];
        let about = about.into_iter().filter_map(|(what, name)| Some(format!("{what} {}", name.as_ref()?)));
        let about = about.collect::<Vec<_>>().join(", ");
        Ok(Self {
            about: Some(about).filter(|about| !about.is_empty()),
            url: url.map(|url| url.trim_end_matches('/').to_owned()),
            digest: Digest::of(&only.of(board)?),
        })
    }

    /// `Leading indicators, week from 22 Jun 2026 (region north)`
    pub fn title(&self) -> String {
        let week = self.digest.week.map(|week| format!(", week from {}", words::date(week))).unwrap_or_default();
        let about = self.about.as_ref().map(|about| format!(" ({about})")).unwrap_or_default();
        format!("Leading indicators{week}{about}")
    }

    /// The line of a mail: the title and how many sites are how.
    pub fn subject(&self) -> String {
        format!("{}: {}", self.title(), self.digest.headline)
    }

    /// The address of a site's page.
    pub(super) fn site(&self, id: &str) -> Option<String> {
        self.url.as_ref().map(|url| format!("{url}{}", exporter::site_path(id)))
    }
}

/// `24 % over four weeks, target 45 %, ▼ worsening`: what is known of it.
pub(super) fn numbers(lags: &indicators::board::Lags) -> String {
    let value = lags.value.as_ref().map(|value| format!("{value} over four weeks"));
    let target = lags.target.as_ref().map(|target| format!("target {target}"));
    let course = lags.course.map(words::course);
    value.into_iter().chain(target).chain(course).collect::<Vec<_>>().join(", ")
}
