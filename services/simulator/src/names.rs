//! Places and people. The ids of people are built from names, as careless systems do, so that pseudonymisation has
//! something to hide.

use crate::chance::{Chance, Purpose};

/// Where a site stands.
pub(crate) struct Town {
    pub id: String,
    pub name: String,
    pub region: &'static str,
    pub timezone: &'static str,
}

/// Name, region, time zone. The first few already span regions and daylight-saving rules.
const TOWNS: [(&str, &str, &str); 24] = [
    ("Rotherham", "Europe North", "Europe/London"),
    ("Newark", "Americas", "America/New_York"),
    ("Pune", "Asia Pacific", "Asia/Kolkata"),
    ("Salzgitter", "Europe South", "Europe/Berlin"),
    ("Newcastle", "Asia Pacific", "Australia/Sydney"),
    ("Gary", "Americas", "America/Chicago"),
    ("Leith", "Europe North", "Europe/London"),
    ("Linz", "Europe South", "Europe/Vienna"),
    ("Scranton", "Americas", "America/New_York"),
    ("Chennai", "Asia Pacific", "Asia/Kolkata"),
    ("Geelong", "Asia Pacific", "Australia/Melbourne"),
    ("Tampere", "Europe North", "Europe/Helsinki"),
    ("Brescia", "Europe South", "Europe/Rome"),
    ("Monterrey", "Americas", "America/Monterrey"),
    ("Wollongong", "Asia Pacific", "Australia/Sydney"),
    ("Swansea", "Europe North", "Europe/London"),
    ("Bilbao", "Europe South", "Europe/Madrid"),
    ("Houston", "Americas", "America/Chicago"),
    ("Nagpur", "Asia Pacific", "Asia/Kolkata"),
    ("Ostrava", "Europe South", "Europe/Prague"),
    ("Gothenburg", "Europe North", "Europe/Stockholm"),
    ("Hamilton", "Americas", "America/Toronto"),
    ("Kwinana", "Asia Pacific", "Australia/Perth"),
    ("Antofagasta", "Americas", "America/Santiago"),
];

const FIRST: [&str; 32] = [
    "anna", "bogdan", "carmen", "deepak", "elif", "farid", "grace", "henrik", "ines", "jamal", "katrin", "luis", "mei",
    "nikhil", "olga", "priya", "quentin", "rosa", "samuel", "tanja", "umar", "vera", "walter", "xenia", "yusuf",
    "zofia", "arjun", "beth", "colin", "dora", "emil", "fiona",
];

const LAST: [&str; 32] = [
    "almeida", "bauer", "chen", "duarte", "evans", "fischer", "gupta", "hansen", "ivanov", "jones", "kowalska",
    "larsen", "meyer", "nair", "okafor", "patel", "quinn", "rossi", "sharma", "torres", "ulrich", "varga", "walsh",
    "xu", "young", "zimmer", "abbott", "brandt", "costa", "dietrich", "eriksen", "fraser",
];

/// The town of a site; after the list is through, the second works there, and so on.
pub(crate) fn town(number: usize) -> Town {
    let (name, region, timezone) = TOWNS[number % TOWNS.len()];
    let (id, name) = match number / TOWNS.len() {
        0 => (name.to_lowercase(), name.to_owned()),
        round => (format!("{}-{}", name.to_lowercase(), round + 1), format!("{name} {}", round + 1)),
    };
    Town { id, name, region, timezone }
}

/// Raw ids of people of one site, no two the same anywhere.
pub(crate) struct People {
    chance: Chance,
    site: usize,
    next: usize,
}

impl People {
    pub(crate) fn of(seed: u64, site: usize) -> Self {
        Self { chance: Chance::of(seed, Purpose::Names, site, 0, 0), site, next: 1 }
    }

    pub(crate) fn next(&mut self) -> String {
        let number = self.site * 100 + self.next;
        self.next += 1;
        format!("{}.{}.{number:03}", self.chance.pick(&FIRST), self.chance.pick(&LAST))
    }
}
