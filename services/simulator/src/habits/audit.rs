//! Internal audits, the good practices that they record, and how those spread.

use super::book::Book;
use crate::{
    event::{Event, InternalAudit},
    local::{days, minutes},
    truth::{Known, Sums},
};

pub(super) fn week(book: &mut Book<'_>) {
    for _ in 0..book.chance.poisson(0.25) {
        book.audit();
    }
}

impl Book<'_> {
    fn audit(&mut self) {
        let audited_at = self.any_hour();
        let good_practices = self.chance.pick(&[0, 0, 1, 1, 2, 3]);
        let audit = InternalAudit {
            audit_id: self.next_id(),
            revision: 0,
            recorded_at: audited_at,
            site_id: self.site.id.clone(),
            audited_at,
            good_practices,
            taught_elsewhere: None,
        };
        let mut history = vec![(audited_at.at + minutes(90), Event::InternalAudit(audit.clone()))];
        if good_practices > 0 && self.chance.hits(0.7) {
            // Some of it by now, more of it later.
            let first = self.chance.whole(0..=good_practices);
            let soon = audited_at.at + days(self.chance.whole(7..=40));
            let spread =
                |taught| Event::InternalAudit(InternalAudit { taught_elsewhere: Some(taught), ..audit.clone() });
            history.push((soon, spread(first)));
            if self.chance.hits(0.3) {
                history.push((soon + days(self.chance.whole(7..=40)), spread(good_practices)));
            }
        }
        self.file(history);
    }
}

pub(super) fn truths(known: &Known<'_>) -> Vec<Sums> {
    let (mut recording, mut taken_up) = (Sums::new("audits_recording_practice"), Sums::new("practices_taken_up"));
    for audit in &known.audits {
        let at = (known.week(&audit.site_id, audit.audited_at.at), audit.site_id.as_str());
        recording.whole(at, i128::from(audit.good_practices > 0), 1);
        taken_up.whole(at, audit.taught_elsewhere.unwrap_or(0).into(), audit.good_practices.into());
    }
    vec![recording, taken_up]
}
