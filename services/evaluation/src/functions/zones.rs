//! Zone lookups of one batch: names repeat, so each is resolved once.

use arrow::array::{Array, StringArray};
use datafusion::common::HashMap;
use indicators::{calendar::Weeks, clock::zone};

/// The calendars of the zones that a column names.
pub(super) struct Zones<'a> {
    names: &'a StringArray,
    known: HashMap<&'a str, usize>,
    calendars: Vec<Weeks>,
    last: Option<(&'a str, usize)>,
}

impl<'a> Zones<'a> {
    pub(super) fn new(names: &'a StringArray) -> Self {
        Self { names, known: HashMap::new(), calendars: Vec::new(), last: None }
    }

    /// The calendar of a row; UTC where it names no zone or one that does not exist.
    pub(super) fn row(&mut self, row: usize) -> &mut Weeks {
        let name = if self.names.is_valid(row) { self.names.value(row) } else { "UTC" };
        let index = match self.last {
            Some((last, index)) if last == name => index,
            _ => {
                let calendars = &mut self.calendars;
                *self.known.entry(name).or_insert_with(|| {
                    calendars.push(Weeks::new(zone(name)));
                    calendars.len() - 1
                })
            }
        };
        self.last = Some((name, index));
        &mut self.calendars[index]
    }
}
