//! Sending: what evaluation has just stored is offered, and what is due of it is sent, each part once a week.

use super::{
    mail::Mailer,
    occasion::Occasion,
    sent::{Claimed, Sent},
    told::Told,
    webhook::Webhook,
};
use crate::{
    error_code::ErrorCode,
    failure::Failure,
    settings::{Addresses, Part, Schedule, Settings},
};
use exporter::ServiceHealth;
use indicators::{
    Values,
    board::{Board, Only},
};
use jiff::Timestamp;
use lake::Lake;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// After a failure, until the next attempt; sooner where evaluations come more often.
const PAUSE: Duration = Duration::from_secs(60);

/// Sends digests.
pub struct Desk {
    schedule: Schedule,
    ways: Vec<Way>,
    lake: String,
    url: Option<String>,
    offered: watch::Receiver<Option<Arc<Values>>>,
    pause: Duration,
    /// Which were sent at which occasion.
    done: (i64, BTreeSet<String>),
    /// The last occasion of which all were.
    finished: Arc<AtomicI64>,
}

/// Offers values to the desk.
pub struct Offer {
    schedule: Schedule,
    offered: watch::Sender<Option<Arc<Values>>>,
    pause: Duration,
    last: Option<Instant>,
    finished: Arc<AtomicI64>,
}

/// One of those who are told.
struct Way {
    /// `all`, `region/North`: the name of its marks.
    key: String,
    only: Only,
    by: By,
}

#[derive(Clone)]
enum By {
    Mail(Mailer, Addresses),
    Webhook(Webhook),
}

impl Desk {
    /// What sends, and what is to be told of new values; `None` where nobody is to be told.
    ///
    /// # Errors
    /// Settings that name files which cannot be used.
    pub fn open(settings: &Settings) -> Result<Option<(Self, Offer)>, Failure> {
        let ways = ways(settings)?;
        if ways.is_empty() {
            return Ok(None);
        }
        let schedule = settings.digest.schedule.clone();
        let (sender, offered) = watch::channel(None);
        let (pause, finished) = (PAUSE.min(settings.indicators.interval), Arc::new(AtomicI64::new(i64::MIN)));
        let offer =
            Offer { schedule: schedule.clone(), offered: sender, pause, last: None, finished: Arc::clone(&finished) };
        let (lake, url) = (settings.lake.0.clone(), settings.public_url.clone());
        Ok(Some((Self { schedule, ways, lake, url, offered, pause, done: (0, BTreeSet::new()), finished }, offer)))
    }

    /// Sends what is due of what is offered, until `stop`.
    pub async fn run(mut self, health: &ServiceHealth, stop: &CancellationToken) {
        let mut rests = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = self.offered.changed() => if changed.is_err() { return },
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(rests) => {}
            }
            let Some(values) = self.offered.borrow_and_update().clone() else { continue };
            match self.deliver(&values, Timestamp::now()).await {
                Ok(()) => health.succeeded(),
                Err(failure) => {
                    health.failed(&failure.line(), failure.code().map(ErrorCode::id));
                    rests = Instant::now() + self.pause;
                }
            }
        }
    }

    /// Sends what is due of these values and not sent yet; the first failure is told when all have been tried.
    pub(super) async fn deliver(&mut self, values: &Values, now: Timestamp) -> Result<(), Failure> {
        let due = Occasion::last(&self.schedule, now).filter(|due| values.as_of >= due.moment);
        let Some(Occasion { number, .. }) = due else { return Ok(()) };
        if self.done.0 != number {
            self.done = (number, BTreeSet::new());
        }
        if self.ways.iter().all(|way| self.done.1.contains(&way.key)) {
            return Ok(());
        }
        let board = Board::new(values);
        let mut sent = Sent::open(&Lake::open(&self.lake).await?).await?;
        let mut failed = None;
        for way in &self.ways {
            if self.done.1.contains(&way.key) {
                continue;
            }
            match way.deliver(&board, self.url.as_deref(), &mut sent, number, now).await {
                Ok(true) => {
                    self.done.1.insert(way.key.clone());
                }
                Ok(false) => {}
                Err(failure) => failed = failed.or(Some(failure)),
            }
        }
        if self.ways.iter().all(|way| self.done.1.contains(&way.key)) {
            self.finished.store(number, Ordering::Release);
        }
        failed.map_or(Ok(()), Err)
    }
}

impl Way {
    /// Whether it has been sent, by us or by another program.
    async fn deliver(
        &self,
        board: &Board,
        url: Option<&str>,
        sent: &mut Sent,
        occasion: i64,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let told = Told::of(board, &self.only, url);
        let told = told.map_err(|why| anyhow::anyhow!("the digest for {} is not sent: {why}", self.key))?;
        let claim = match sent.claim(&self.key, occasion, now).await? {
            Claimed::Ours(claim) => claim,
            Claimed::Elsewhere => return Ok(false),
            Claimed::Sent => {
                tracing::info!(to = self.key, "the digest of this week has been sent before");
                return Ok(true);
            }
        };
        let (by, to) = (self.by.clone(), self.key.clone());
        if let Err(error) = tokio::task::spawn_blocking(move || by.send(&to, &told)).await? {
            sent.release(claim).await?;
            return Err(anyhow::Error::from(error).into());
        }
        match sent.settle(claim).await? {
            true => tracing::info!(to = self.key, "sent the digest of this week"),
            false => tracing::warn!(
                to = self.key,
                "sent the digest of this week, and so has another program: this took long"
            ),
        }
        Ok(true)
    }
}

impl By {
    fn send(&self, to: &str, told: &Told) -> Result<(), super::SendError> {
        match self {
            Self::Mail(mailer, addresses) => mailer.send(to, addresses, told),
            Self::Webhook(webhook) => webhook.send(told),
        }
    }
}

impl Offer {
    /// Hands over values that are about to be served, where a digest may be due of them. They are copied, so not each time
    /// that they are new.
    pub fn offer(&mut self, values: &Values) {
        let due = Occasion::last(&self.schedule, Timestamp::now())
            .is_some_and(|due| values.as_of >= due.moment && self.finished.load(Ordering::Acquire) < due.number);
        let soon = self.last.is_some_and(|last| last.elapsed() < self.pause);
        if due && !soon {
            self.last = Some(Instant::now());
            self.offered.send_replace(Some(Arc::new(values.clone())));
        }
    }
}

fn ways(settings: &Settings) -> Result<Vec<Way>, Failure> {
    let digest = &settings.digest;
    let mut ways = Vec::new();
    if let Some(webhook) = Webhook::new(digest)? {
        ways.push(Way { key: "webhook".to_owned(), only: Only::default(), by: By::Webhook(webhook) });
    }
    if let Some(mail) = &digest.mail {
        let mailer = Mailer::new(mail, digest)?;
        for audience in &digest.audiences {
            let (key, only) = part(&audience.part);
            ways.push(Way { key, only, by: By::Mail(mailer.clone(), audience.addresses.clone()) });
        }
    }
    Ok(ways)
}

fn part(part: &Part) -> (String, Only) {
    match part {
        Part::All => ("all".to_owned(), Only::default()),
        Part::Region(name) => (format!("region/{name}"), Only { region: Some(name.clone()), ..Only::default() }),
        Part::Owner(name) => (format!("owner/{name}"), Only { owner: Some(name.clone()), ..Only::default() }),
    }
}
