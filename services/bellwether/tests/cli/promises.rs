//! The attacker against a promise: an insider who can change query files, schemas and reference data, rename, delete and add,
//! evaluate as often as they like, and who keeps all that is ever shown. They want what seven people at one site said, to
//! whom ten were promised.
//!
//! ```text
//!  a lake under privacy.minimum = 10 ─copy─► one attack ─► everything that is shown ─► is the secret in it, or in a sum of it?
//! ```
//!
//! Each number that is shown is held against every number from which the secret follows with what else is shown: the site's
//! own value, and that of every group of sites with it. What `sql` says of streams, `indicators` and `publications` is no part
//! of it: who may read the lake sees every row.

use crate::{
    Place,
    lake::{self, answer},
};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const AS_OF: &str = "2026-03-25T00:00:00Z";
/// Mondays of the weeks in which people answered.
const WEEKS: [&str; 3] = ["2026-03-02", "2026-03-09", "2026-03-16"];

/// Who answers at a site: seven at the one that is attacked.
fn scores(site: &str) -> Vec<u8> {
    match site {
        "leith" => vec![4, 3, 3, 4, 2, 4, 3, 3, 4, 4, 3, 2],
        "perth" => vec![1, 2, 2, 3, 1, 2, 2, 1, 3, 2, 2],
        _ => vec![0, 1, 0, 3, 1, 0, 1],
    }
}

const SITES: [&str; 3] = ["leith", "perth", "oban"];

/// Oban is alone in its region.
fn site(id: &str) -> Value {
    let region = if id == "oban" { "isles" } else { "mainland" };
    json!({"site_id": id, "revision": 0, "recorded_at": "2026-01-01T00:00:00Z", "name": id, "region": region, "timezone": "UTC"})
}

fn world() -> Place {
    let answers = SITES.iter().flat_map(|site| {
        WEEKS.iter().flat_map(move |week| {
            let people = scores(site).into_iter().enumerate();
            people.map(move |(n, score)| answer(site, &format!("{site}-{n}"), &format!("{week}T09:00:00Z"), score))
        })
    });
    lake::with(&[("sites", SITES.iter().map(|id| site(id)).collect()), ("pulse_responses", answers.collect())])
}

/// A query over what was answered, week by week and site by site.
fn query(minimum: u32) -> String {
    format!(
        "/*---
help        = \"Mood\"
kind        = \"mean\"
labels      = [\"site\"]
direction   = \"higher\"
uncertainty = \"normal\"
horizon     = {{ back = 0, ahead = 1 }}
privacy     = {{ minimum = {minimum} }}
owner       = \"people\"
---*/
WITH answers AS (
  SELECT week, site_id AS site, survey_id, respondent_id, score(items) AS mean FROM pulse_responses
  WHERE instrument = 'culture'
)
SELECT week, site, SUM(mean) AS numerator, COUNT(mean) AS denominator, SUM(exact_square(mean)) AS sum_squares,
       respondents(respondent_id, survey_id) AS respondents
FROM answers GROUP BY week, site
"
    )
}

/// Over nobody's answers: a folder without any query is none.
const OTHER: &str = "/*---
help      = \"Misses\"
kind      = \"count\"
labels    = [\"site\"]
direction = \"lower\"
owner     = \"people\"
---*/
SELECT week, site_id AS site, COUNT(*) AS numerator FROM outcomes GROUP BY week, site_id
";

trait Files {
    fn path(&self) -> &Path;
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join("queries").join(name), text).unwrap();
    }
    fn remove(&self, name: &str) {
        fs::remove_file(self.path().join("queries").join(name)).unwrap();
    }
}

impl Files for Place {
    fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn evaluate(place: &Place) -> String {
    place.run(&["indicators", "--once", "--as-of", AS_OF]).done().to_owned()
}

/// A lake in which the minimum was promised and evaluated.
fn promised(minimum: u32) -> Place {
    let place = world();
    place.write("other.sql", OTHER);
    place.write("mood.sql", &query(minimum));
    evaluate(&place);
    place
}

/// The same lake and files, somewhere else.
fn copied(place: &Place) -> Place {
    let copy = Place::new();
    let from = place.folder.path();
    for name in ["lake", "queries"] {
        let done = Command::new("cp").arg("-r").arg(from.join(name)).arg(copy.folder.path()).status().unwrap();
        assert!(done.success());
    }
    let url = copy.folder.path().join("lake").display().to_string();
    copy.set("BELLWETHER__LAKE__URL", &url)
}

fn board(place: &Place) -> String {
    place.run(&["board", "--format", "json"]).done().to_owned()
}

/// All that is shown now of what is stored.
fn shown(place: &Place) -> Vec<String> {
    let samples = ["backfill", "--from", WEEKS[0], "--to", WEEKS[2], "--format", "openmetrics", "--out", "-"];
    let looks: [&[&str]; 3] =
        [&["board", "--format", "json"], &["sql", "SELECT * FROM indicator_values", "--format", "json"], &samples];
    looks.iter().map(|look| place.run(look).done().to_owned()).collect()
}

/// What is shown of a metric before it is evaluated, or at another clock.
fn foreseen(place: &Place, metric: &str) -> Vec<String> {
    let board = place.run(&["board", "--as-of", "2026-03-18T00:00:00Z", "--format", "json"]).done().to_owned();
    let rows = place.run(&["query", "run", metric, "--as-of", AS_OF, "--format", "json"]).done().to_owned();
    vec![board, rows]
}

/// Every number in these texts.
fn numbers(texts: &[String]) -> Vec<f64> {
    let pieces = texts.iter().flat_map(|text| text.split(|c: char| !(c.is_ascii_digit() || ".e+-".contains(c))));
    pieces.filter_map(|piece| piece.parse().ok()).collect()
}

fn holds(texts: &[String], value: f64) -> bool {
    numbers(texts).iter().any(|number| (number - value).abs() < 1e-6)
}

/// The mean of these sites' answers: of whole weeks, as every week has the same.
fn mean(sites: &[&str]) -> f64 {
    let all: Vec<u8> = sites.iter().flat_map(|site| scores(site)).collect();
    all.iter().map(|score| f64::from(*score) / 4.0).sum::<f64>() / f64::from(u32::try_from(all.len()).unwrap())
}

/// The secret, and what it follows from.
fn recovered(texts: &[String]) -> Vec<&'static str> {
    let groups = [
        ("the site itself", &["oban"][..]),
        ("it with leith", &["leith", "oban"]),
        ("it with perth", &["perth", "oban"]),
        ("the company", &["leith", "perth", "oban"]),
    ];
    groups.into_iter().filter(|(_, sites)| holds(texts, mean(sites))).map(|(name, _)| name).collect()
}

/// Nothing of the secret, and not by hiding everything.
fn kept(texts: &[String], attack: &str) {
    assert_eq!(recovered(texts), Vec::<&str>::new(), "{attack}");
    assert!(holds(texts, mean(&["leith"])) && holds(texts, mean(&["perth"])), "{attack}: the others are shown");
}

/// Without a promise each of the ways gives the secret away: what is tested below is the promise.
#[test]
fn without_a_promise_the_attacker_succeeds() {
    let place = promised(5);
    let texts: Vec<String> = shown(&place).into_iter().chain(foreseen(&place, "mood")).collect();
    for text in &texts {
        assert!(recovered(std::slice::from_ref(text)).contains(&"the site itself"), "{text}");
    }
    assert!(recovered(&texts).contains(&"the company"));
}

#[test]
fn lowering_is_refused_with_the_words_to_tell() {
    let place = promised(10);
    kept(&shown(&place), "before");
    place.write("mood.sql", &query(5));
    // Before anything is evaluated.
    kept(&shown(&place), "a lower file alone");
    kept(&foreseen(&place, "mood"), "a lower file, looked at ahead");
    let told = evaluate(&place);
    let words = [
        "queries/mood.sql:8: privacy.minimum = 5 is refused of weeks before ",
        "10 were promised (by `mood`",
        "To tell a works council: \u{201c}What was answered before ",
        "nothing is shown of fewer than 10 people",
        "set privacy.minimum of `mood` to 10",
    ];
    words.iter().for_each(|words| assert!(told.contains(words), "{words}: {told}"));
    kept(&foreseen(&place, "mood"), "evaluated, and looked at ahead");
    evaluate(&place);
    kept(&shown(&place), "evaluated again");
    let board: Value = serde_json::from_str(&board(&place)).unwrap();
    let card = &board["promises"][0];
    assert_eq!((&card["metric"], &card["declared"], &card["promised"]), (&json!("mood"), &json!(5), &json!(10)));
    assert!(card["words"].as_str().unwrap().starts_with("What was answered before "), "{card}");
    let state = |site: &str| {
        let card = board["sites"].as_array().unwrap().iter().find(|card| card["site"] == site).unwrap();
        let mood = card["metrics"].as_array().unwrap().iter().find(|metric| metric["metric"] == "mood").unwrap();
        mood["state"].as_str().unwrap().to_owned()
    };
    assert_eq!([state("oban"), state("leith")], ["suppressed", "unjudged"]);
    let page = place.run(&["board"]).done().to_owned();
    assert!(page.contains("Promised to those who answered, and kept") && page.contains("works council"), "{page}");
    let promises = place.run(&["lake", "promises", "--format", "json"]).done().to_owned();
    assert!(promises.contains("\"culture\"") && promises.contains("\"minimum\": 10"), "{promises}");
}

#[test]
fn raising_holds_for_what_was_shown_and_cannot_be_taken_back() {
    let place = promised(5);
    assert!(!recovered(&[board(&place)]).is_empty());
    place.write("mood.sql", &query(10));
    evaluate(&place);
    kept(&shown(&place), "raised");
    place.write("mood.sql", &query(5));
    evaluate(&place);
    kept(&shown(&place), "raised and lowered");
    kept(&foreseen(&place, "mood"), "raised and lowered, and looked at ahead");
}

#[test]
fn another_name_or_a_file_that_was_away_evades_nothing() {
    let place = promised(10);
    let renamed = copied(&place);
    renamed.remove("mood.sql");
    renamed.write("spirit.sql", &query(5));
    kept(&foreseen(&renamed, "spirit"), "renamed, not evaluated");
    let told = evaluate(&renamed);
    assert!(told.contains("queries/spirit.sql:8: privacy.minimum = 5") && told.contains("(by `mood`"), "{told}");
    kept(&shown(&renamed), "renamed");

    let beside = copied(&place);
    beside.write("spirit.sql", &query(5));
    evaluate(&beside);
    kept(&[board(&beside)], "beside the other");

    place.remove("mood.sql");
    evaluate(&place);
    assert!(!holds(&[board(&place)], mean(&["leith"])), "the metric is gone");
    place.write("mood.sql", &query(5));
    kept(&foreseen(&place, "mood"), "deleted and added, not evaluated");
    evaluate(&place);
    kept(&shown(&place), "deleted and added");
}

#[test]
fn another_query_over_the_same_answers_evades_nothing() {
    let place = promised(10);
    let changes: [(&str, &str, &str); 5] = [
        ("of_any_instrument", "WHERE instrument = 'culture'", ""),
        ("of_one_that_is_not_named", "instrument = 'culture'", "instrument LIKE 'cult%'"),
        ("of_several", "instrument = 'culture'", "instrument IN ('culture', 'other')"),
        ("under_the_next_week", "SELECT week, site_id", "SELECT week + INTERVAL '7 days' AS week, site_id"),
        ("of_all_but_one", "'culture'", "'culture' AND response_id <> 'nobody'"),
    ];
    let changed = changes.map(|(change, from, to)| {
        let text = query(5);
        assert!(text.contains(from));
        (change, text.replace(from, to))
    });
    for (change, text) in &changed {
        let attacked = copied(&place);
        attacked.write("mood.sql", text);
        evaluate(&attacked);
        kept(&[board(&attacked)], change);
    }
    place.remove("mood.sql");
    changed.iter().for_each(|(change, text)| place.write(&format!("{change}.sql"), text));
    evaluate(&place);
    kept(&shown(&place), "under other names");
    let board: Value = serde_json::from_str(&board(&place)).unwrap();
    let states = |site: &str| -> Vec<String> {
        let card = board["sites"].as_array().unwrap().iter().find(|card| card["site"] == site).unwrap();
        let metrics = card["metrics"].as_array().unwrap().iter().filter(|card| card["metric"] != "other");
        metrics.map(|card| card["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states("oban"), ["suppressed"; 5]);
    assert_eq!(states("leith"), ["unjudged"; 5]);
}

#[test]
fn a_lake_without_its_results_keeps_its_promises_and_one_without_promises_shows_nothing() {
    let place = promised(10);
    let lost = copied(&place);
    fs::remove_dir_all(place.folder.path().join("lake/indicators")).unwrap();
    place.write("mood.sql", &query(5));
    kept(&foreseen(&place, "mood"), "without results");
    evaluate(&place);
    kept(&shown(&place), "without results, evaluated");

    fs::remove_dir_all(lost.folder.path().join("lake/promises")).unwrap();
    lost.write("mood.sql", &query(5));
    let words = ["error[BW0040]", "has lost promises", "restored from a backup"];
    let looks: [&[&str]; 6] = [
        &["indicators", "--once", "--as-of", AS_OF],
        &["board"],
        &["board", "--as-of", AS_OF],
        &["query", "run", "mood", "--as-of", AS_OF],
        &["backfill", "--from", WEEKS[0], "--to", WEEKS[2], "--format", "openmetrics", "--out", "-"],
        &["sql", "SELECT * FROM indicator_values"],
    ];
    looks.iter().for_each(|look| lost.run(look).refused(1, &words));
}

/// Of participation nothing is suppressed; under the name of what was, its stored parts were shown as participation.
#[test]
fn a_query_without_privacy_under_the_old_name_shows_nothing_of_what_is_stored() {
    let place = promised(10);
    let participation = OTHER.replace("outcomes", "pulse_responses").replace("\"count\"", "\"ratio\"");
    place.write("mood.sql", &participation.replace("AS numerator", "AS numerator, COUNT(*) AS denominator"));
    let stored = shown(&place);
    assert!(recovered(&stored).is_empty() && !holds(&stored, mean(&["leith"])), "{stored:?}");
    evaluate(&place);
    let texts = shown(&place);
    assert!(recovered(&texts).is_empty() && holds(&texts, 1.0));
}

/// The schema says whose answers they are: without that word nothing would be private.
#[test]
fn a_schema_that_forgets_who_answered_is_refused() {
    let place = promised(10);
    let schemas = place.folder.path().join("schemas");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    assert!(Command::new("cp").arg("-r").arg(shipped).arg(&schemas).status().unwrap().success());
    let file = schemas.join("pulse_responses.json");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    schema["properties"]["respondent_id"].as_object_mut().unwrap().remove("x-person").unwrap();
    fs::write(&file, schema.to_string()).unwrap();
    let open = "/*---
help = \"Mood\"
kind = \"ratio\"
labels = [\"site\"]
direction = \"higher\"
owner = \"people\"
---*/
SELECT week, site_id AS site, SUM(score(items)) AS numerator, COUNT(*) AS denominator
FROM pulse_responses GROUP BY week, site_id
";
    place.write("mood.sql", open);
    let words = ["`pulse_responses`", "x-person", "promises were made to those who answered"];
    let looks: [&[&str]; 3] = [
        &["indicators", "--once", "--as-of", AS_OF],
        &["board", "--as-of", "2026-03-24T00:00:00Z"],
        &["query", "run", "mood", "--as-of", AS_OF],
    ];
    looks.iter().for_each(|look| place.run(look).refused(1, &words));
}
