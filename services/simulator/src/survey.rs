//! Pulse surveys and the answers to them.

use crate::{
    cast::Metric,
    chance::{Chance, Purpose},
    event::{Event, Item, PulseResponse, PulseSurvey},
    local::{at, days, minutes},
    number::signed,
    organisation::{BIAS, Organisation, Respondent, Site},
    record::Record,
};

/// Noise of a site's level from week to week, and of one answer around what its giver thinks.
const WEEK_NOISE: f64 = 0.015;
const ANSWER_NOISE: f64 = 0.15;
const ITEM_NOISE: f64 = 0.08;

const PRESTART: [&str; 4] = ["engaging", "social", "clear", "safe_to_speak_up"];
const FIELD_VISIT: [&str; 3] = ["listened", "taught_something", "followed_up"];
const OPPORTUNITY: [&str; 2] = ["learn_and_grow", "time_to_learn"];
const SAFETY: [&str; 3] = ["can_admit_mistakes", "can_ask_for_help", "can_disagree"];

/// The surveys that a site sends in a week, with their answers.
pub(crate) fn site_week(org: &Organisation, site: &Site, week: usize, records: &mut Vec<Record>) {
    let mut levels = Chance::of(org.plan.seed, Purpose::WeekLevels, site.number, 1, week);
    let prestart = levels.normal(site.level(Metric::PrestartQuality, week), WEEK_NOISE);
    let field_visit = levels.normal(site.level(Metric::FieldTime, week) + 0.3, 2.0 * WEEK_NOISE);
    let mut chance = Chance::of(org.plan.seed, Purpose::Surveys, site.number, 0, week);
    let mut days_asked = [0, 1, 2, 3, 4];
    chance.shuffle(&mut days_asked);
    let mut desk = Desk { org, site, week, chance, records };
    for day in &days_asked[..2] {
        desk.survey("prestart", &PRESTART, *day, prestart);
    }
    if desk.chance.hits(0.5) {
        desk.survey("field_visit", &FIELD_VISIT, days_asked[2], field_visit);
    }
    if week % 4 == site.number % 4 {
        desk.survey("opportunity_to_learn", &OPPORTUNITY, days_asked[3], four_in_ten(site.scale));
    }
}

/// A survey on psychological safety, drawn on its own so that it moves nothing of the others.
pub(crate) fn safety(org: &Organisation, site: &Site, week: usize, level: f64, records: &mut Vec<Record>) {
    let mut chance = Chance::of(org.plan.seed, Purpose::HabitSurveys, site.number, 0, week);
    let level = chance.normal(level, WEEK_NOISE);
    let day = chance.whole(0..=4);
    Desk { org, site, week, chance, records }.survey("psychological_safety", &SAFETY, day, level);
}

/// The level at which 4 in 10 give the highest mark of a scale: a quarter of a standard deviation of marks below where
/// rounding turns to it.
fn four_in_ten((min, max): (f64, f64)) -> f64 {
    let spread = (BIAS * BIAS + ANSWER_NOISE * ANSWER_NOISE + ITEM_NOISE * ITEM_NOISE).sqrt();
    1.0 - 0.5 / (max - min) - 0.253 * spread
}

/// Where a site's surveys of a week are sent from and answered.
struct Desk<'a> {
    org: &'a Organisation,
    site: &'a Site,
    week: usize,
    chance: Chance,
    records: &'a mut Vec<Record>,
}

impl Desk<'_> {
    fn survey(&mut self, instrument: &'static str, items: &[&'static str], day: i64, level: f64) {
        let date = self.org.plan.monday(self.week) + days(day);
        let sent_at = at(&self.site.zone, date, 440 + 5 * self.chance.whole(0..=8));
        let leaders: Vec<&str> =
            self.site.leaders.iter().filter(|l| l.in_post(self.week)).map(|l| l.id.as_str()).collect();
        let survey = PulseSurvey {
            survey_id: format!("{instrument}/{}/{date}", self.site.id),
            revision: 0,
            recorded_at: sent_at,
            instrument,
            site_id: self.site.id.clone(),
            team_id: self.site.team(),
            leader_id: (!leaders.is_empty() && self.chance.hits(0.9)).then(|| self.chance.pick(&leaders).to_owned()),
            sent_at,
            closes_at: self.chance.hits(0.9).then(|| sent_at.on_same_clock(sent_at.at + days(1))),
            invited: match self.site.particulars.uninvited {
                // Two names are left of the list.
                Some(week) if week == self.week => 2,
                _ => signed(self.site.respondents.len()),
            },
        };
        for number in 0..self.site.respondents.len() {
            if self.chance.hits(0.63) {
                let site = self.site;
                self.answer(&survey, number, &site.respondents[number], items, level);
                if self.chance.hits(0.01) {
                    // The same person once more, from another device.
                    self.answer(&survey, 100 + number, &site.respondents[number], items, level);
                }
            }
        }
        let mut history = vec![(sent_at.at, Event::PulseSurvey(survey.clone()))];
        if self.chance.hits(0.05) {
            let invited = PulseSurvey { invited: survey.invited + 1, ..survey };
            history.push((sent_at.at + minutes(self.chance.whole(5..=90)), Event::PulseSurvey(invited)));
        }
        self.records.push(Record::of(history, &mut self.chance));
    }

    fn answer(&mut self, survey: &PulseSurvey, number: usize, who: &Respondent, items: &[&'static str], level: f64) {
        let waited =
            if self.chance.hits(0.8) { self.chance.whole(120..=5400) } else { self.chance.whole(5400..=80_000) };
        let submitted = survey.sent_at.at + crate::local::seconds(waited);
        let thought = self.chance.normal(level + who.bias, ANSWER_NOISE);
        let response = PulseResponse {
            response_id: format!("{}/{number:03}", survey.survey_id),
            revision: 0,
            recorded_at: survey.sent_at.on_same_clock(submitted),
            survey_id: survey.survey_id.clone(),
            instrument: survey.instrument,
            site_id: survey.site_id.clone(),
            team_id: survey.team_id.clone(),
            leader_id: survey.leader_id.clone(),
            respondent_id: (!self.chance.hits(0.002)).then(|| who.id.clone()),
            submitted_at: survey.sent_at.on_same_clock(submitted),
            items: self.marks(items, thought),
        };
        let recorded = submitted + jiff::SignedDuration::from_millis(self.chance.whole(50..=4000));
        let mut history = Vec::new();
        if self.chance.hits(0.03) {
            let hasty = PulseResponse { items: self.marks(items, level), ..response.clone() };
            history.push((recorded, Event::PulseResponse(hasty)));
            history.push((recorded + minutes(self.chance.whole(1..=240)), Event::PulseResponse(response)));
        } else {
            history.push((recorded, Event::PulseResponse(response)));
        }
        self.records.push(Record::of(history, &mut self.chance));
    }

    /// Marks on the site's scale; now and then an item is left out.
    fn marks(&mut self, items: &[&'static str], thought: f64) -> Vec<Item> {
        let (min, max) = self.site.scale;
        let left_out = self.chance.hits(0.04).then(|| self.chance.count(0..=items.len() - 1));
        let answered = items.iter().enumerate().filter(|(i, _)| Some(*i) != left_out);
        let mut marks = Vec::with_capacity(items.len());
        for (_, item) in answered {
            let mark = min + (max - min) * self.chance.normal(thought, ITEM_NOISE);
            marks.push(Item { item, score: mark.round().clamp(min, max), min, max });
        }
        marks
    }
}
