//! Remote write, week after week.

use super::job::Job;
use crate::{
    configured,
    failure::{Failure, Outcome},
    logging::Progress,
    output::Out,
    settings,
};
use exporter::backfill::{Credentials, Hour, Patience, RemoteWriteError, RemoteWriter};
use std::sync::Arc;

pub use exporter::backfill::Remote;

/// Where to write and as whom: `--url` before the settings.
pub fn of(url: Option<String>, settings: &settings::RemoteWrite) -> Result<Remote, Failure> {
    let url = url.or_else(|| settings.url.as_ref().map(|url| url.0.clone())).ok_or_else(|| {
        Failure::misuse(
            "--format remote-write needs --url, or the setting remote_write.url; such as \
             http://prometheus:9090/api/v1/write",
        )
    })?;
    exporter::backfill::check_url(&url).map_err(Failure::usage)?;
    let credentials = match &settings.credentials {
        None => Credentials::None,
        Some(settings::Credentials::Basic { username, password }) => Credentials::Basic {
            username: username.clone(),
            password: configured::secret("remote_write.password_file", password)?,
        },
        Some(settings::Credentials::Bearer(token)) => {
            Credentials::Bearer(configured::secret("remote_write.bearer_token_file", token)?)
        }
    };
    let authorities =
        settings.ca_file.as_deref().map(|path| configured::file("remote_write.ca_file", path)).transpose()?;
    Ok(Remote { url, credentials, authorities, timeout: settings.timeout, patience: Patience::default() })
}

/// Runs it until all is written, or the server has had enough.
pub async fn run(job: Job, remote: Remote, mut out: Out) -> Result<Outcome, Failure> {
    let mut writer = RemoteWriter::new(&remote, Hour::up_to(job.now), job.stop.clone()).map_err(Failure::usage)?;
    let progress = Progress::new("hours written", job.hours());
    let mut samples = 0;
    for span in &job.spans {
        let (past, labels, span) = (Arc::clone(&job.past), job.labels.clone(), *span);
        let stretch = tokio::task::spawn_blocking(move || past.stretch(span, &labels)).await??;
        samples += writer.write(&stretch).await.map_err(|error| ended(error, samples))?;
        progress.advance(span.hours.count());
    }
    drop(progress);
    out.text(&format!("{samples} samples written to {}; week_to_date is left out", writer.shown()))?;
    Ok(Outcome::Done)
}

fn ended(error: RemoteWriteError, samples: u64) -> Failure {
    let so_far = match samples {
        0 => "nothing was written".to_owned(),
        some => format!("the backfill ended after {some} samples; running it again changes none of them"),
    };
    anyhow::Error::from(error).context(so_far).into()
}
