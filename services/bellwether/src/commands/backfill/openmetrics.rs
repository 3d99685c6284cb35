//! A file for `promtool tsdb create-blocks-from openmetrics`.

use super::job::Job;
use crate::{
    failure::{Failure, Outcome},
    logging::Progress,
    output::Out,
};
use exporter::backfill::{History, OpenMetricsError};
use jiff::SignedDuration;
use std::{
    fs::Permissions,
    io::BufWriter,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Prometheus' own head may still write blocks of the last hours; promtool's must not overlap them.
pub const TOO_NEW: SignedDuration = SignedDuration::from_hours(3);
/// Two months a block: with promtool's default of two hours, two months take it a minute and 720 blocks.
const BLOCK: &str = "1458h";

/// Runs it, in a thread that may block.
pub async fn run(job: Job, file: PathBuf, out: Out) -> Result<Outcome, Failure> {
    tokio::task::spawn_blocking(move || write(&job, &file, out)).await?
}

fn write(job: &Job, file: &Path, mut out: Out) -> Result<Outcome, Failure> {
    let history = collect(job)?;
    let progress = Progress::new("samples written", history.samples());
    let goes_on = |samples| {
        progress.advance(samples);
        !job.stop.is_cancelled()
    };
    let told = told(&history);
    if file == Path::new("-") {
        history.write(out.sink(), goes_on).map_err(failure)?;
        drop(progress);
        tracing::info!("{told}");
        return Ok(Outcome::Done);
    }
    to_file(&history, file, goes_on)?;
    drop(progress);
    out.text(&format!(
        "{told}, in {file}\n\
         Next, with the folder that Prometheus keeps its data in:\n\
         promtool tsdb create-blocks-from openmetrics --max-block-duration={BLOCK} {quoted} FOLDER\n\
         Prometheus drops what is older than its --storage.tsdb.retention.time (15 days by default).",
        file = file.display(),
        quoted = quoted(&file.display().to_string())
    ))?;
    Ok(Outcome::Done)
}

fn collect(job: &Job) -> Result<History, Failure> {
    let progress = Progress::new("hours derived", job.hours());
    let mut history = History::default();
    for span in &job.spans {
        if job.stop.is_cancelled() {
            return Err(stopped());
        }
        history.add(&job.past.stretch(*span, &job.labels)?);
        progress.advance(span.hours.count());
    }
    Ok(history)
}

/// The file is there whole, or not at all.
fn to_file(history: &History, file: &Path, goes_on: impl FnMut(u64) -> bool) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = |error: std::io::Error| {
        anyhow::Error::from(error).context(format!("cannot write {}: name a file that can be made", file.display()))
    };
    let readable = Permissions::from_mode(0o666); // less what the umask takes
    let mut part = tempfile::Builder::new().permissions(readable).tempfile_in(folder).map_err(cannot)?;
    history.write(&mut BufWriter::new(part.as_file_mut()), goes_on).map_err(failure)?;
    part.persist(file).map_err(|error| cannot(error.error))?;
    Ok(())
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+:@%".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// How much there is, from when to when.
fn told(history: &History) -> String {
    let between = history.hours().map_or(String::new(), |hours| format!(", {} to {}", hours.first, hours.last));
    format!("{} series, {} samples{between}; week_to_date is left out", history.series(), history.samples())
}

fn failure(error: OpenMetricsError) -> Failure {
    match error {
        OpenMetricsError::Stopped => stopped(),
        OpenMetricsError::Write(error) => error.into(),
    }
}

fn stopped() -> Failure {
    anyhow::anyhow!("stopped: no file was written").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_the_command_line() {
        assert_eq!(quoted("/var/tmp/past-1.txt"), "/var/tmp/past-1.txt");
        assert_eq!(quoted("my past.txt"), "'my past.txt'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
