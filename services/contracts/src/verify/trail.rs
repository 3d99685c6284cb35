//! Where an array stands in the event: finds row and JSON pointer of one of its slots.

/// The steps from the event to an array, outermost first.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trail<'a> {
    /// The event itself: a slot is a row.
    Root,
    /// A field: slots are those of the object that holds it.
    Field(&'a Trail<'a>, &'a str),
    /// The elements of a list, by the list's offsets.
    Elements(&'a Trail<'a>, &'a [i32]),
}

impl Trail<'_> {
    /// Row and JSON pointer of the slot at `index`.
    pub(super) fn resolve(&self, index: usize) -> (usize, String) {
        match self {
            Self::Root => (index, String::new()),
            Self::Field(outer, name) => {
                let (row, pointer) = outer.resolve(index);
                (row, format!("{pointer}/{name}"))
            }
            Self::Elements(outer, offsets) => {
                let at_or_before = |&end: &i32| usize::try_from(end).unwrap_or_default() <= index;
                let list = offsets.partition_point(at_or_before).saturating_sub(1);
                let start = usize::try_from(offsets[list]).unwrap_or_default();
                let (row, pointer) = outer.resolve(list);
                (row, format!("{pointer}/{}", index - start))
            }
        }
    }
}
