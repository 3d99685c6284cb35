//! Reference records of sites and leaders. They arrive once each and in order, and an update never changes where or in
//! which time zone a site is.

use crate::{
    chance::{Chance, Purpose},
    event::{Event, LeaderRecord, OwnTarget, SiteRecord},
    local::{at, days},
    number::{real, signed},
    organisation::{Leader, Organisation, Site},
    record::{Record, Version},
};
use jiff::{Timestamp, civil::Date};

/// The records of a site and of its leaders.
pub(crate) fn site(org: &Organisation, site: &Site, records: &mut Vec<Record>) {
    let chance = &mut Chance::of(org.plan.seed, Purpose::Reference, site.number, 0, 0);
    let begins = at(&site.zone, org.plan.monday(0), 0);
    let first = begins.at - days(1);
    let record = SiteRecord {
        site_id: site.id.clone(),
        revision: 0,
        recorded_at: begins,
        name: site.name.clone(),
        region: site.region,
        timezone: site.timezone,
        headcount: Some(signed(site.crew.len())),
        working_days: site.particulars.named_days(),
        targets: if chance.hits(0.1) { vec![OwnTarget { metric: "field_time", target: 0.4 }] } else { Vec::new() },
        opened_on: {
            let long_ago = org.plan.monday(0) - days(chance.whole(400..=9000));
            Some(site.first_day(&org.plan).unwrap_or(long_ago))
        },
        closed_on: None,
    };
    let mut history = vec![(first, record.clone())];
    if chance.hits(0.3) {
        let grown = SiteRecord { headcount: record.headcount.map(|people| people + 2), ..record };
        history.push((midway(org, chance), grown));
    }
    if let Some(last) = site.last_day(&org.plan) {
        close(&mut history, last, at(&site.zone, last - days(17), 600).at);
    }
    records.push(in_order(history.into_iter().map(|(at, site)| (at, Event::Site(site))).collect()));
    for leader in &site.leaders {
        records.push(in_order(post(org, site, leader, chance)));
    }
}

/// From when it is known on, every record says when the last day is.
fn close(history: &mut Vec<(Timestamp, SiteRecord)>, last: Date, known: Timestamp) {
    let before = history.partition_point(|(at, _)| *at <= known);
    let as_it_was = history[..before].last().map(|(_, record)| (known, record.clone()));
    history.splice(before..before, as_it_was);
    history[before..].iter_mut().for_each(|(_, record)| record.closed_on = Some(last));
}

fn post(org: &Organisation, site: &Site, leader: &Leader, chance: &mut Chance) -> Vec<(Timestamp, Event)> {
    let begins = at(&site.zone, org.plan.monday(0), 0);
    let (from, to) = leader.dates(&org.plan);
    let known = at(&site.zone, org.plan.monday(leader.first.unwrap_or(0)), 0).at - days(1);
    let record = LeaderRecord {
        leader_id: leader.id.clone(),
        revision: 0,
        recorded_at: begins,
        site_id: site.id.clone(),
        weekly_hours: Some(real(leader.weekly_hours)),
        from,
        to: None,
    };
    let mut history = vec![(known, Event::Leader(record.clone()))];
    if let Some(last) = leader.last {
        let left = at(&site.zone, org.plan.monday(last), 600).at;
        history.push((left, Event::Leader(LeaderRecord { to, ..record })));
    } else if chance.hits(0.2) {
        let since = org.plan.monday(0) - days(chance.whole(100..=3000));
        let completed = LeaderRecord { from: from.or(Some(since)), ..record };
        history.push((midway(org, chance).max(known + days(1)), Event::Leader(completed)));
    }
    history
}

fn midway(org: &Organisation, chance: &mut Chance) -> Timestamp {
    org.plan.end - days(chance.whole(1..=7 * signed(org.plan.weeks) - 1))
}

fn in_order(history: Vec<(Timestamp, Event)>) -> Record {
    let versions = history.into_iter().zip(1..).map(|((recorded, mut event), revision)| {
        event.stamp(revision, recorded);
        Version { event, arrives: recorded + crate::local::seconds(revision) }
    });
    Record { versions: versions.collect() }
}
