//! `less` and `lessOrEqual` between two columns.
//!
//! Order is a matter of what was written, not of what is stored: `…00.0000002Z` is after `…00.0000001Z`, though both are
//! the same microsecond.

use super::rejections::{Rejections, Trail};
use crate::{
    model::{Kind, Object, Order, Within},
    rejection::Reason,
};
use arrow::{
    array::{ArrayRef, ArrowPrimitiveType, AsArray},
    datatypes::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType},
    record_batch::RecordBatch,
};
use std::{cmp::Ordering, collections::BTreeMap};

/// The digits behind the sixth of a fraction, without zeros at their end, by slot in ascending order. Few slots have any.
pub(crate) type SubmicroDigits = Vec<(usize, Box<[u8]>)>;

/// What of timestamps is finer than the microseconds that a table holds, for the columns that can be compared: of the
/// event, or of the objects in one of its lists.
#[derive(Debug, Default)]
pub(crate) struct Submicros(BTreeMap<(Option<usize>, usize), SubmicroDigits>);

impl Submicros {
    pub(crate) fn add(&mut self, list: Option<usize>, column: usize, submicros: SubmicroDigits) {
        if !submicros.is_empty() {
            self.0.insert((list, column), submicros);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How one column's rest of a slot compares with another column's of the same slot.
    pub(crate) fn compare(&self, list: Option<usize>, (left, right): (usize, usize), slot: usize) -> Ordering {
        // Digits of a fraction compare as text: a shorter one has zeros where the other has more.
        self.digits(list, left, slot).cmp(self.digits(list, right, slot))
    }

    fn digits(&self, list: Option<usize>, column: usize, slot: usize) -> &[u8] {
        let digits = self.0.get(&(list, column)).and_then(|all| {
            let at = all.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
            Some(&*all[at].1)
        });
        digits.unwrap_or_default()
    }
}

pub(super) fn check(
    order: &Order,
    object: &Object,
    (batch, submicros): (&RecordBatch, &Submicros),
    rejections: &mut Rejections,
) {
    let Some(each) = order.each else {
        return compare(order, object, (batch.columns(), submicros), &Trail::Root, rejections);
    };
    let field = &object.fields[each];
    let lists = batch.column(each).as_list::<i32>();
    if let Some(inner) = field.node.items().and_then(|items| items.object()) {
        let at_field = Trail::Field(&Trail::Root, &field.name);
        let trail = Trail::Elements(&at_field, lists.value_offsets());
        compare(order, inner, (lists.values().as_struct().columns(), submicros), &trail, rejections);
    }
}

fn compare(
    order: &Order,
    object: &Object,
    (columns, submicros): (&[ArrayRef], &Submicros),
    outer: &Trail<'_>,
    rejections: &mut Rejections,
) {
    let (left, right) = (&columns[order.left], &columns[order.right]);
    let trail = Trail::Field(outer, &object.fields[order.right].name);
    let mut report = |index: usize, broken: Broken| {
        rejections.add(Reason::Check, &trail, index, || order.words(&object.fields[order.left].name, broken));
    };
    let rest = |slot: usize| submicros.compare(order.each, (order.right, order.left), slot);
    let nothing = |_: usize| Ordering::Equal;
    match &object.fields[order.left].node.kind {
        Kind::Timestamp if submicros.is_empty() => {
            whole::<TimestampMicrosecondType>(order, (left, right), nothing, &mut report);
        }
        Kind::Timestamp => whole::<TimestampMicrosecondType>(order, (left, right), rest, &mut report),
        Kind::Date => whole::<Date32Type>(order, (left, right), nothing, &mut report),
        Kind::Integer(_) => whole::<Int64Type>(order, (left, right), nothing, &mut report),
        _ => number(order, left, right, &mut report),
    }
}

#[derive(Clone, Copy)]
enum Broken {
    Order,
    Within,
}

/// `rest` is how the right value's part below one unit compares with the left value's.
fn whole<T: ArrowPrimitiveType<Native: Into<i64>>>(
    order: &Order,
    (left, right): (&ArrayRef, &ArrayRef),
    rest: impl Fn(usize) -> Ordering,
    report: &mut impl FnMut(usize, Broken),
) {
    let most = match order.within {
        Some(Within::Whole(most, _)) => i128::from(most),
        _ => i128::MAX,
    };
    for (index, pair) in left.as_primitive::<T>().iter().zip(right.as_primitive::<T>()).enumerate() {
        let (Some(left), Some(right)) = pair else { continue };
        let gap = (i128::from(right.into()) - i128::from(left.into()), rest(index));
        let none = (0, Ordering::Equal);
        if gap < none || (order.strict && gap == none) {
            report(index, Broken::Order);
        } else if gap > (most, Ordering::Equal) {
            report(index, Broken::Within);
        }
    }
}

fn number(order: &Order, left: &ArrayRef, right: &ArrayRef, report: &mut impl FnMut(usize, Broken)) {
    for (index, pair) in left.as_primitive::<Float64Type>().iter().zip(right.as_primitive::<Float64Type>()).enumerate()
    {
        let (Some(left), Some(right)) = pair else { continue };
        if left > right || (order.strict && left >= right) {
            report(index, Broken::Order);
        } else if matches!(order.within, Some(Within::Number(most)) if right - left > most) {
            report(index, Broken::Within);
        }
    }
}

impl Order {
    fn words(&self, left: &str, broken: Broken) -> String {
        match (broken, &self.within) {
            (Broken::Within, Some(Within::Whole(_, most))) => format!("must be within {most} of {left}"),
            (Broken::Within, Some(Within::Number(most))) => format!("must be within {most} of {left}"),
            _ if self.strict => format!("must be after or above {left}"),
            _ => format!("must not be before or below {left}"),
        }
    }
}
