use super::*;
use indicators::{Direction, Kind, Lagging, Reason, Severity, Uncertainty};
use std::{collections::BTreeMap, process::Command, time::Duration};

fn metric(name: &str, kind: Kind, direction: Direction) -> Metric {
    Metric {
        help: "What it is".to_owned(),
        per: if kind == Kind::Rate { 200_000 } else { 1 },
        unit: (kind == Kind::Rate).then(|| "hours".to_owned()),
        target: Some(0.45),
        lagging: Some(Lagging { below: 0.3, weeks: 3 }),
        owner: "operations".to_owned(),
        ..Metric::new(name, kind, direction)
    }
}

fn options() -> RuleOptions {
    RuleOptions {
        board: LinkBase::parse("https://board.example").unwrap(),
        runbooks: LinkBase::parse("{{ $externalURL }}/user").unwrap(),
        selector: Selector::default(),
        hold: None,
        keep: Duration::from_secs(3600),
    }
}

/// Every kind and direction, thresholds small and large, other labels, no target, no alarm.
fn every_metric() -> Vec<Metric> {
    let mut all = Vec::new();
    for (kind, below) in [
        (Kind::Ratio, 0.3),
        (Kind::Mean, 0.055),
        (Kind::Count, 7.0),
        (Kind::Rate, 2.0),
        (Kind::Rate, 0.0042),
        (Kind::Rate, 400.0),
    ] {
        for direction in Direction::ALL {
            let name = format!("{}_{}_{}", kind.as_str(), direction.as_str(), all.len());
            let lagging = Some(Lagging { below, weeks: 3 });
            let target = Some(if direction == Direction::Higher { below * 2.0 } else { below / 2.0 });
            all.push(Metric { lagging, target, uncertainty: Uncertainty::Poisson, ..metric(&name, kind, direction) });
        }
    }
    all.push(Metric { target: None, ..metric("no_target", Kind::Ratio, Direction::Higher) });
    all.push(Metric { lagging: None, silence: 13, ..metric("no_alarm", Kind::Count, Direction::Lower) });
    let labels = vec!["site".to_owned(), "shift".to_owned()];
    all.push(Metric { labels, ..metric("by_shift", Kind::Mean, Direction::Higher) });
    let talk = Reason::ALL.map(|reason| (reason, "What happened?".to_owned())).into();
    all.push(Metric { talk, severity: Severity::Critical, ..metric("one_question", Kind::Mean, Direction::Higher) });
    let talk = Reason::ALL.map(|reason| (reason, format!("What of {}?", reason.as_str()))).into();
    let team = Some("site_ops".to_owned());
    all.push(Metric { talk, team, ..metric("three_questions", Kind::Mean, Direction::Higher) });
    all
}

/// Writes what is made of the metrics and has `promtool` check the rules and run their tests.
fn promtool(metrics: Vec<Metric>, options: &RuleOptions) {
    let Some(program) = prerequisites::command("promtool", "prometheus") else { return };
    let folder = tempfile::tempdir().unwrap();
    let metrics: Vec<Arc<Metric>> = metrics.into_iter().map(Arc::new).collect();
    let files = rules(&metrics, options);
    for RuleFile { path, text } in &files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    for arguments in [["check", "rules", "--lint-fatal", files[0].path].as_slice(), &["test", "rules", files[1].path]] {
        let output = Command::new(&program).args(arguments).current_dir(folder.path()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}:\n{told}\n{}", files[0].text);
    }
}

#[test]
fn alerts_say_of_every_kind_and_direction_what_the_board_says() {
    promtool(every_metric(), &options());
}

#[test]
fn selectors_waits_and_addresses_are_those_of_the_organisation() {
    let options = RuleOptions {
        runbooks: LinkBase::parse("https://books.example/how-to%20").unwrap(),
        selector: Selector::parse(r#"job="leading",cluster=~"eu-.*|""#).unwrap(),
        hold: Some(Duration::from_secs(90)),
        keep: Duration::from_secs(7200),
        ..options()
    };
    promtool(vec![metric("field_time", Kind::Ratio, Direction::Higher)], &options);
    let [file, _] = rules(&[Arc::new(metric("field_time", Kind::Ratio, Direction::Higher))], &options);
    for text in ["for: 90s", "keep_firing_for: 2h", "https://books.example/how-to%20/site-lagging.md"] {
        assert!(file.text.contains(text), "{text} is not in\n{}", file.text);
    }
}

/// Owners and units are free text, and both YAML and templates have ideas of their own about it.
#[test]
fn text_of_a_query_file_is_nothing_but_text() {
    let hostile = "ops: \"a\" 'b' {{ $labels.site }} `c` # d - %q \u{7} é\n  e: |";
    let metric = Metric {
        owner: hostile.to_owned(),
        unit: Some(hostile.to_owned()),
        help: hostile.to_owned(),
        team: Some(hostile.to_owned()),
        talk: BTreeMap::from([(Reason::Below, hostile.to_owned()), (Reason::Falling, hostile.to_owned())]),
        severity: Severity::Critical,
        ..metric("hostile", Kind::Rate, Direction::Lower)
    };
    promtool(vec![metric], &options());
}

/// The order in which files are found is the file system's.
#[test]
fn the_order_of_metrics_changes_nothing() {
    let made = |metrics: Vec<Metric>| rules(&metrics.into_iter().map(Arc::new).collect::<Vec<_>>(), &options());
    let mut other = every_metric();
    other.reverse();
    assert_eq!(made(every_metric()), made(other));
}
