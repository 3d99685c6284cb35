//! Which site has which bad habit, and since when.

use crate::{
    cast::Fate,
    chance::{Chance, Purpose},
    number::real,
    plan::Plan,
    planted::Reason,
};

/// A habit that is planted at one site: what went wrong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    /// Pre-start meetings stand in the calendar and are not held.
    MeetingsCalledOff,
    /// What teams named is not done by its date.
    RemediesLeftOpen,
    /// Pass/fail tests at a screen have taken the place of practice in the team, and of coaching.
    ScreensForPractice,
    /// Coaching in pairs came to an end.
    PairsBrokenUp,
    /// Managers choose more and more of what people learn.
    ChoiceTakenAway,
    /// It is not safe to speak up.
    AfraidToSpeak,
    /// Twice the training away from work that there ever was.
    BackToClassrooms,
    /// Those who came last teach nearly everything.
    JuniorsTeach,
    /// Learning reaches the day shift alone.
    NightShiftLeftOut,
}

impl Story {
    /// In the order in which they are given to sites, where there are fewer of those.
    const ALL: [Self; 9] = [
        Self::MeetingsCalledOff,
        Self::RemediesLeftOpen,
        Self::ScreensForPractice,
        Self::PairsBrokenUp,
        Self::ChoiceTakenAway,
        Self::AfraidToSpeak,
        Self::BackToClassrooms,
        Self::JuniorsTeach,
        Self::NightShiftLeftOut,
    ];

    /// The metrics that show it.
    pub(crate) fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::MeetingsCalledOff => &["prestarts_held"],
            Self::RemediesLeftOpen => &["remedies_closed"],
            Self::ScreensForPractice => &["learning_in_flow", "passfail_elearning", "peer_coaching_sessions"],
            Self::PairsBrokenUp => &["peer_coaching_sessions"],
            Self::ChoiceTakenAway => &["learner_choice"],
            Self::AfraidToSpeak => &["psychological_safety"],
            Self::BackToClassrooms => &["formal_training"],
            Self::JuniorsTeach => &["trainer_rotation"],
            Self::NightShiftLeftOut => &["participation_gap"],
        }
    }

    /// How it shows.
    pub(crate) fn reason(self) -> Reason {
        if self == Self::ChoiceTakenAway { Reason::Falling } else { Reason::Below }
    }
}

/// Weeks over which what falls is lost; all else changes at once.
const FALL: usize = 4;

/// A story of one site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planted {
    pub site: usize,
    pub story: Story,
    /// First week.
    pub from: usize,
}

/// What is planted where, beside what [`crate::cast`] plants.
#[derive(Debug)]
pub(crate) struct Stories {
    pub planted: Vec<Planted>,
    /// The week in which the company gave up most of its training away from work.
    less_training: usize,
}

impl Stories {
    /// One a site, at sites of which nothing else is remarkable; none where the data could not show it.
    pub(crate) fn draw(plan: &Plan, fates: &[Option<Fate>]) -> Self {
        let mut chance = Chance::of(plan.seed, Purpose::Stories, 0, 0, 0);
        let mut free: Vec<usize> = (0..plan.sites).filter(|site| fates[*site].is_none()).collect();
        chance.shuffle(&mut free);
        let telling = plan.weeks >= 24 && plan.sites >= 8 && plan.sites * (plan.weeks - 1) >= 120;
        let stories = Story::ALL.into_iter().filter(|_| telling);
        let planted = stories.zip(free).map(|(story, site)| {
            let ago = match story.reason() {
                _ if plan.weeks >= 44 => chance.count(20..=26),
                // A fall is judged against 13 weeks before it or more.
                Reason::Falling => chance.count(11..=plan.weeks - 13),
                Reason::Below => plan.weeks * chance.count(60..=70) / 100,
            };
            Planted { site, story, from: plan.running() - ago }
        });
        Self { planted: planted.collect(), less_training: plan.running() - plan.weeks * 3 / 4 }
    }

    /// Is it planted at the site?
    pub(crate) fn is_of(&self, site: usize, story: Story) -> bool {
        self.planted.iter().any(|planted| planted.site == site && planted.story == story)
    }

    /// How far a story has come at a site: 0 before it begins and where it never does, 1 once all of it is true.
    pub(crate) fn told(&self, site: usize, story: Story, week: usize) -> f64 {
        let here = |planted: &&Planted| planted.site == site && planted.story == story && week >= planted.from;
        match (self.planted.iter().find(here), story.reason()) {
            (None, _) => 0.0,
            (Some(planted), Reason::Falling) => (real(week - planted.from + 1) / real(FALL)).min(1.0),
            (Some(_), Reason::Below) => 1.0,
        }
    }

    /// Does the company still train away from work as it always did?
    pub(crate) fn trains_as_ever(&self, week: usize) -> bool {
        week < self.less_training
    }
}
