//! Who there is: sites in their time zones, the leaders, crews and what is planted.

use crate::{
    cast::{self, Fate, Levels, Metric},
    chance::{Chance, Purpose},
    local::{at, days},
    names,
    particulars::Particulars,
    plan::{Plan, PlanError},
    programme::Programme,
    stories::{Stories, Story},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Spread of what people of one crew tend to answer.
pub(crate) const BIAS: f64 = 0.09;

/// The whole organisation.
pub(crate) struct Organisation {
    pub plan: Plan,
    pub sites: Vec<Site>,
    /// What is planted at sites of which nothing else is remarkable.
    pub stories: Stories,
    pub programme: Programme,
}

/// One site and the people there.
pub(crate) struct Site {
    /// Position among the sites, which decides its streams of draws.
    pub number: usize,
    pub id: String,
    pub name: String,
    pub region: &'static str,
    pub timezone: &'static str,
    pub zone: TimeZone,
    pub leaders: Vec<Leader>,
    /// Raw ids of the people of its crew.
    pub crew: Vec<String>,
    /// Anonymous ids under which the crew answers surveys, and how each tends to answer.
    pub respondents: Vec<Respondent>,
    /// Lowest and highest mark on its survey forms.
    pub scale: (f64, f64),
    pub fate: Option<Fate>,
    pub particulars: Particulars,
    levels: Levels,
}

/// A leader of a site.
pub(crate) struct Leader {
    pub id: String,
    pub weekly_hours: i64,
    /// First and last week in the post, where it is not the whole period.
    pub first: Option<usize>,
    pub last: Option<usize>,
    /// Minutes after midnight at which the day begins.
    pub begins: i64,
}

/// One member of a crew as the surveys know them.
pub(crate) struct Respondent {
    pub id: String,
    /// Added to the site's level in everything they answer.
    pub bias: f64,
}

impl Organisation {
    pub(crate) fn new(plan: &Plan) -> Result<Self, PlanError> {
        let fates = cast::fates(plan);
        let stories = Stories::draw(plan, &fates);
        let free =
            |site: &usize| fates[*site].is_none() && !stories.planted.iter().any(|planted| planted.site == *site);
        let particulars = Particulars::draw(plan, (0..plan.sites).filter(free).collect());
        // Where nobody closes remedies, or nobody is, there is nothing to review.
        let willing = |site: &usize| {
            let silent = matches!(fates[*site], Some(Fate::Silent { .. }));
            !silent && particulars[*site].always_open() && !stories.is_of(*site, Story::RemediesLeftOpen)
        };
        let programme = Programme::draw(plan, (0..plan.sites).filter(willing).collect());
        let sites = fates.into_iter().zip(particulars).enumerate();
        let sites = sites.map(|(number, (fate, particulars))| Site::new(plan, number, fate, particulars));
        Ok(Self { plan: *plan, sites: sites.collect::<Result<_, _>>()?, stories, programme })
    }
}

impl Site {
    fn new(plan: &Plan, number: usize, fate: Option<Fate>, particulars: Particulars) -> Result<Self, PlanError> {
        let town = names::town(number);
        let zone = TimeZone::get(town.timezone).map_err(|source| PlanError::Zone {
            site: town.id.clone(),
            name: town.timezone.to_owned(),
            source,
        })?;
        let chance = &mut Chance::of(plan.seed, Purpose::Site, number, 0, 0);
        let people = &mut names::People::of(plan.seed, number);
        let crew_size = if fate == Some(Fate::Small) { 4 } else { chance.whole(15..=18) };
        let scale = chance.weighted(&[((1.0, 5.0), 6), ((1.0, 7.0), 1), ((0.0, 10.0), 2)]);
        Ok(Self {
            number,
            id: town.id,
            name: town.name,
            region: town.region,
            timezone: town.timezone,
            zone,
            leaders: leaders(plan, number, chance, people),
            crew: (0..crew_size).map(|_| people.next()).collect(),
            respondents: respondents(crew_size, chance),
            scale,
            fate,
            particulars,
            levels: Levels::draw(chance),
        })
    }

    /// True level of a metric in a week, before that week's own noise.
    pub(crate) fn level(&self, metric: Metric, week: usize) -> f64 {
        self.levels.at(metric, week, self.fate)
    }

    /// Where its leaders stood six weeks ago, when what they did then shows in outcomes: on average 1 at the quarter of sites
    /// whose leaders are most in the field, and 0 at the rest.
    pub(crate) fn standing(&self, week: usize) -> f64 {
        let seen = self.level(Metric::FieldTime, week.saturating_sub(6));
        ((seen - 0.4075) / 0.03).clamp(-0.75, 1.25)
    }

    /// The week from which the site sends nothing, if it goes silent.
    pub(crate) fn silent_from(&self) -> Option<usize> {
        match self.fate {
            Some(Fate::Silent { from }) => Some(from),
            _ => None,
        }
    }

    /// The moment from which the site sends nothing, if it goes silent.
    pub(crate) fn silence(&self, plan: &Plan) -> Option<Timestamp> {
        self.silent_from().map(|week| at(&self.zone, plan.monday(week), 0).at)
    }

    /// Its first day of work, where that lies in the period.
    pub(crate) fn first_day(&self, plan: &Plan) -> Option<Date> {
        self.particulars.opens.map(|week| plan.monday(week) + days(2))
    }

    /// Its last day of work, where it closes.
    pub(crate) fn last_day(&self, plan: &Plan) -> Option<Date> {
        self.particulars.closes.map(|week| plan.monday(week) + days(3))
    }

    /// Does it work at that moment, as far as it is open at all?
    pub(crate) fn is_open(&self, plan: &Plan, moment: Timestamp) -> bool {
        let begun = self.first_day(plan).is_none_or(|day| moment >= at(&self.zone, day, 0).at);
        let over = self.last_day(plan).is_some_and(|day| moment >= at(&self.zone, day, 1440).at);
        begun && !over
    }

    pub(crate) fn team(&self) -> String {
        format!("{}-crew", self.id)
    }
}

impl Leader {
    pub(crate) fn in_post(&self, week: usize) -> bool {
        self.first.is_none_or(|first| week >= first) && self.last.is_none_or(|last| week <= last)
    }

    /// Dates of the post, as far as they fall into the simulated weeks. Posts change hands on a Wednesday: on paper the
    /// one who goes has two days of the first week of the one who comes.
    pub(crate) fn dates(&self, plan: &Plan) -> (Option<Date>, Option<Date>) {
        let last_day = |week| plan.monday(week) + days(8);
        (self.first.map(|week| plan.monday(week) + days(2)), self.last.map(last_day))
    }
}

fn leaders(plan: &Plan, number: usize, chance: &mut Chance, people: &mut names::People) -> Vec<Leader> {
    let many = chance.weighted(&[(1, 3), (2, 4), (3, 3)]);
    let mut leaders: Vec<Leader> = (0..many).map(|_| leader(chance, people)).collect();
    // Now and then a post changes hands in the middle of the period.
    if many == 3 && number.is_multiple_of(2) && plan.weeks >= 12 {
        let change = plan.weeks / 2;
        let mut successor = leader(chance, people);
        successor.weekly_hours = leaders[0].weekly_hours;
        successor.first = Some(change);
        leaders[0].last = Some(change - 1);
        leaders.push(successor);
    }
    leaders
}

fn leader(chance: &mut Chance, people: &mut names::People) -> Leader {
    Leader {
        id: people.next(),
        weekly_hours: chance.pick(&[38, 40, 40, 45]),
        first: None,
        last: None,
        begins: 15 * chance.whole(25..=30),
    }
}

fn respondents(many: i64, chance: &mut Chance) -> Vec<Respondent> {
    (0..many).map(|_| Respondent { id: format!("r-{}", chance.hex()), bias: chance.normal(0.0, BIAS) }).collect()
}
