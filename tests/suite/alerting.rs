//! A real Alertmanager with the shipped configuration: who mutes whom.

use end_to_end::{Alertmanager, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);

/// One of two instances was dead, and what the healthy one said of a failing query was muted with it.
#[test]
fn a_dead_instance_mutes_what_it_said_itself_and_nobody_else() {
    let Some(alertmanager) = Alertmanager::start() else { return };
    let platform = "audience=platform";
    for (name, instance) in [("BellwetherQueryFailing", "dead:9464"), ("BellwetherQueryFailing", "healthy:9464")] {
        alertmanager.fire(&[
            &format!("alertname={name}"),
            platform,
            &format!("instance={instance}"),
            "metric=field_time",
        ]);
    }
    // About a topic and about a site: whichever instance said so.
    alertmanager.fire(&["alertname=BellwetherConsumerLagging", platform, "topic=bellwether.sites"]);
    alertmanager.fire(&["alertname=BellwetherSiteLagging", "audience=leaders", "site=beta", "instance=dead:9464"]);
    let of = |name: &str, instance: &str| (name.to_owned(), instance.to_owned());
    wait_until_muted(&alertmanager, 4, &[]);

    alertmanager.fire(&[
        "alertname=BellwetherDown",
        platform,
        "severity=critical",
        "job=bellwether",
        "instance=dead:9464",
    ]);
    wait_until_muted(&alertmanager, 5, &[of("BellwetherQueryFailing", "dead:9464")]);

    // Nothing is scraped at all.
    alertmanager.fire(&["alertname=BellwetherDown", platform, "severity=critical", "job=bellwether"]);
    let all = [of("BellwetherConsumerLagging", ""), of("BellwetherQueryFailing", "dead:9464")];
    wait_until_muted(&alertmanager, 6, &all);
}

/// Waits until so many alerts are there and these of them, by name and instance, are muted.
fn wait_until_muted(alertmanager: &Alertmanager, count: usize, expected: &[(String, String)]) {
    let text = |alert: &Value, label: &str| alert["labels"][label].as_str().unwrap_or_default().to_owned();
    let expected: BTreeSet<_> = expected.iter().cloned().collect();
    wait_for("what is muted", LIMIT, || {
        let alerts = alertmanager.alerts()?;
        let of_state =
            |state: &str| alerts.iter().filter(|alert| alert["status"]["state"] == state).collect::<Vec<_>>();
        let muted: BTreeSet<_> =
            of_state("suppressed").iter().map(|alert| (text(alert, "alertname"), text(alert, "instance"))).collect();
        let processed = of_state("suppressed").len() + of_state("active").len();
        let done = processed == count && muted == expected;
        done.then_some(())
            .ok_or_else(|| format!("{processed} of {count} alerts, muted {muted:?}, expected {expected:?}"))
    });
}
