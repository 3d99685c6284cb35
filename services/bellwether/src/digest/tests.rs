//! What the digest says of a derived board, and how often.

use super::*;
use crate::{
    board::tests::{golden, values},
    settings::Settings,
    worlds,
};
use indicators::{
    State, Values,
    board::{Board, Only},
};
use jiff::{SignedDuration, Timestamp};
use lake::Lake;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc,
};
use tempfile::TempDir;

const URL: &str = "https://bellwether.example";

fn told(values: &Values, only: &Only) -> Told {
    Told::of(&Board::new(values), only, Some(URL)).unwrap()
}

#[test]
fn it_reads_as_agreed() {
    let told = told(&values(), &Only::default());
    golden("digest.md", &told.markdown());
    golden("digest.html", &(told.html() + "\n"));
    assert_eq!(told.subject(), "Leading indicators, week from 22 Jun 2026: 4 sites: 2 lag, 1 silent, 1 not judged");
    let south = Only { region: Some("south".to_owned()), ..Only::default() };
    let south = self::told(&values(), &south);
    assert_eq!(
        south.subject(),
        "Leading indicators, week from 22 Jun 2026 (region south): 1 site: 1 site lags, 0 silent"
    );
}

#[test]
fn with_nothing_to_tell_it_says_so() {
    let none = Values { as_of: "2026-06-30T06:00:00Z".parse().unwrap(), ..Values::default() };
    let told = Told::of(&Board::new(&none), &Only::default(), None).unwrap();
    assert!(told.digest.is_quiet());
    assert!(told.markdown().contains("No site began or ceased to lag, and none went silent."), "{}", told.markdown());
    assert!(!told.html().contains("href"), "there is no page to lead to");
}

/// Where too few answered, no number of theirs is told, not even of what the site lagged in before.
#[test]
fn nothing_that_is_suppressed_is_in_it() {
    let mut met = 0;
    for seed in 0..20 {
        let board = Board::new(&worlds::values(seed));
        let told = Told::of(&board, &Only::default(), None).unwrap();
        for site in &board.sites {
            for card in site.metrics.iter().filter(|card| card.state == State::Suppressed) {
                met += 1;
                let lags =
                    told.digest.lagging.iter().filter(|lags| lags.site == site.site && lags.metric == card.metric);
                for lags in lags {
                    assert_eq!((&lags.value, &lags.course), (&None, &None), "seed {seed}: {lags:?}");
                }
            }
        }
    }
    assert!(met > 10, "{met}");
}

/// A name is what somebody wrote: it is no link, no mark and no script of ours.
#[test]
fn names_are_escaped_in_every_form() {
    let mut values = values();
    values.sites[1].name = Some("<script>x</script> [a](https://evil.example)\n# b".to_owned());
    let told = told(&values, &Only::default());
    let (html, markdown) = (told.html(), told.markdown());
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
    let marks = markdown.replace("\\<", "").replace("\\[", "").replace("\\:", "");
    assert!(!marks.contains("<script") && !marks.contains("[a") && !marks.contains("\n# b"), "{markdown}");
    assert!(!marks.contains("https://evil.example"), "no link by itself either: {markdown}");
}

#[test]
fn a_long_list_is_cut_and_the_first_ones_have_what_to_talk_about() {
    let mut values = values();
    let (site, judgement) = (values.sites[1].clone(), values.metrics[0].judgements[1].clone());
    values.sites = (10..90).map(|at| indicators::Site { id: format!("s-{at}"), name: None, ..site.clone() }).collect();
    values.metrics.truncate(1);
    values.metrics[0].judgements =
        (10..90).map(|at| indicators::Judgement { site: format!("s-{at}"), ..judgement.clone() }).collect();
    let told = told(&values, &Only::default());
    let (markdown, html) = (told.markdown(), told.html());
    assert!(markdown.contains("and 50 more") && html.contains("and 50 more"), "{markdown}");
    assert_eq!(markdown.matches("To talk about: ").count(), 5);
    assert_eq!(told.digest.lagging.len(), 80, "the data has all");
}

/// A server of a chat, which answers with these statuses, one after the other, and hands over what it is sent.
fn chat(statuses: &'static [u16]) -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks/only-in-a-test", listener.local_addr().unwrap());
    let (sender, received) = mpsc::channel();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut length, mut line) = (0, String::new());
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            let _ = sender.send(serde_json::from_slice(&body).unwrap());
        }
    });
    (url, received)
}

/// A desk of a lake, as a program that has just started has it.
async fn desk(folder: &TempDir, url: &str) -> Desk {
    let lake = folder.path().join("lake").display().to_string();
    Lake::create(&lake).await.unwrap();
    let file = folder.path().join("bellwether.toml");
    let text = format!("[lake]\nurl = \"{lake}\"\n[digest]\nwebhook = \"{url}\"\nat = \"05:00\"\n");
    std::fs::write(&file, text).unwrap();
    let (settings, _) = Settings::load(Some(&file), []).unwrap();
    Desk::open(&settings).unwrap().unwrap().0
}

/// The board is as of Tuesday, 06:00: an hour after it is time.
fn tuesday() -> Timestamp {
    values().as_of
}

#[tokio::test]
async fn it_is_sent_once_a_week_also_after_a_restart() {
    let (folder, (url, received)) = (TempDir::new().unwrap(), chat(&[200, 200]));
    let mut first = desk(&folder, &url).await;
    // What was stored before it was time is of another week.
    let early = Values { as_of: tuesday() - SignedDuration::from_hours(2), ..values() };
    first.deliver(&early, tuesday()).await.unwrap();
    assert!(received.try_recv().is_err());
    for days in [0, 1, 5] {
        first.deliver(&values(), tuesday() + SignedDuration::from_hours(24 * days)).await.unwrap();
        desk(&folder, &url).await.deliver(&values(), tuesday()).await.unwrap();
    }
    let sent = received.try_recv().unwrap();
    assert!(sent["text"].as_str().unwrap().starts_with("# Leading indicators, week from 22 Jun 2026\n"), "{sent}");
    assert_eq!(sent["digest"]["lagging"][0]["name"], "Bilbao");
    assert!(received.try_recv().is_err(), "once");
    let week = SignedDuration::from_hours(7 * 24);
    let next = Values { as_of: tuesday() + week, ..values() };
    desk(&folder, &url).await.deliver(&next, tuesday() + week).await.unwrap();
    assert!(received.try_recv().is_ok(), "the next week has its own");
}

#[tokio::test]
async fn what_is_refused_is_sent_again_and_its_address_is_never_told() {
    let (folder, (url, received)) = (TempDir::new().unwrap(), chat(&[503, 200]));
    let mut desk = desk(&folder, &url).await;
    let failure = desk.deliver(&values(), tuesday()).await.unwrap_err();
    assert_eq!(failure.line(), "the digest is not sent: the webhook answers 503");
    assert_eq!(failure.code(), Some(crate::error_code::ErrorCode::DigestNotSent));
    desk.deliver(&values(), tuesday()).await.unwrap();
    assert_eq!(received.try_iter().count(), 2);
    let (other, gone) = (TempDir::new().unwrap(), "http://127.0.0.1:1/hooks/only-in-a-test");
    let failure = self::desk(&other, gone).await.deliver(&values(), tuesday()).await.unwrap_err();
    assert!(failure.line().contains("is not to be reached") && !failure.line().contains("hooks"), "{}", failure.line());
}
