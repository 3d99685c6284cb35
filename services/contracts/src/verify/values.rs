//! The rules of single values: lengths, choices, patterns, bounds.

use super::rejections::{Rejections, Trail};
use crate::{
    model::{CountRules, IntegerRules, Kind, Node, NumberRules, TextRules},
    rejection::Reason,
};
use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{Float64Type, Int64Type},
};

/// Checks every slot of an array against the rules of its node; nulls have passed already.
pub(super) fn check(node: &Node, array: &ArrayRef, trail: &Trail<'_>, rejections: &mut Rejections) {
    match &node.kind {
        Kind::Text(rules) if !rules.is_empty() => text(rules, array, trail, rejections),
        Kind::Integer(rules) if !rules.is_empty() => integer(rules, array, trail, rejections),
        Kind::Number(rules) if !rules.is_empty() => number(rules, array, trail, rejections),
        Kind::Boolean { constant: Some(constant) } => {
            for (index, value) in array.as_boolean().iter().enumerate() {
                if value.is_some_and(|value| value != *constant) {
                    fail(rejections, trail, index, || format!("must be {constant} (const)"));
                }
            }
        }
        Kind::List { items, bounds } => list(items, *bounds, array, trail, rejections),
        Kind::Object(object) => {
            for (field, column) in object.fields.iter().zip(array.as_struct().columns()) {
                check(&field.node, column, &Trail::Field(trail, &field.name), rejections);
            }
        }
        _ => {}
    }
}

fn fail(rejections: &mut Rejections, trail: &Trail<'_>, index: usize, rule: impl FnOnce() -> String) {
    rejections.add(Reason::Schema, trail, index, rule);
}

fn text(rules: &TextRules, array: &ArrayRef, trail: &Trail<'_>, rejections: &mut Rejections) {
    for (index, value) in array.as_string::<i32>().iter().enumerate() {
        let Some(value) = value else { continue };
        rules.broken_by(value, |broken| fail(rejections, trail, index, || broken));
    }
}

fn integer(rules: &IntegerRules, array: &ArrayRef, trail: &Trail<'_>, rejections: &mut Rejections) {
    for (index, value) in array.as_primitive::<Int64Type>().iter().enumerate() {
        let Some(value) = value else { continue };
        if rules.choices.as_ref().is_some_and(|choices| !choices.contains(&value)) {
            fail(rejections, trail, index, || "must be one of the listed integers (enum)".into());
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "bounds are at most 2^53, and rounding beyond it keeps the order"
        )]
        rules.bounds.broken_by(value as f64, |broken| fail(rejections, trail, index, || broken));
    }
}

fn number(rules: &NumberRules, array: &ArrayRef, trail: &Trail<'_>, rejections: &mut Rejections) {
    for (index, value) in array.as_primitive::<Float64Type>().iter().enumerate() {
        let Some(value) = value else { continue };
        rules.broken_by(value, |broken| fail(rejections, trail, index, || broken));
    }
}

fn list(items: &Node, bounds: CountRules, array: &ArrayRef, trail: &Trail<'_>, rejections: &mut Rejections) {
    let lists = array.as_list::<i32>();
    let offsets = lists.value_offsets();
    if bounds.min.is_some() || bounds.max.is_some() {
        for (index, ends) in offsets.windows(2).enumerate().filter(|(index, _)| lists.is_valid(*index)) {
            let count = usize::try_from(ends[1] - ends[0]).unwrap_or_default();
            if let Some(broken) = bounds.broken_by(count, "elements", ["minItems", "maxItems"]) {
                fail(rejections, trail, index, || broken);
            }
        }
    }
    check(items, lists.values(), &Trail::Elements(trail, offsets), rejections);
}

impl TextRules {
    fn is_empty(&self) -> bool {
        self.length.min.is_none() && self.length.max.is_none() && self.choices.is_none() && self.pattern.is_none()
    }

    /// Reports each rule that the value breaks.
    fn broken_by(&self, value: &str, mut report: impl FnMut(String)) {
        if let Some(choices) = &self.choices
            && !choices.iter().any(|choice| choice == value)
        {
            report(format!("must be one of {} (enum)", choices.join(", ")));
        }
        // A code point takes 1 to 4 bytes: most lengths need no counting.
        let min_sure =
            self.length.min.is_none_or(|min| value.len() >= min.saturating_mul(4) || (min == 1 && !value.is_empty()));
        let max_sure = self.length.max.is_none_or(|max| value.len() <= max);
        if !(min_sure && max_sure)
            && let Some(broken) = self.length.broken_by(value.chars().count(), "characters", ["minLength", "maxLength"])
        {
            report(broken);
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.is_match(value)) {
            report(format!("must match {pattern} (pattern)"));
        }
    }
}

impl IntegerRules {
    fn is_empty(&self) -> bool {
        self.choices.is_none() && self.bounds.is_empty()
    }
}

impl NumberRules {
    fn is_empty(&self) -> bool {
        self.min.is_none() && self.max.is_none() && self.above.is_none() && self.below.is_none()
    }

    /// Reports each rule that the value breaks.
    fn broken_by(&self, value: f64, mut report: impl FnMut(String)) {
        if let Some(min) = self.min.filter(|min| value < *min) {
            report(format!("must be at least {min} (minimum)"));
        }
        if let Some(max) = self.max.filter(|max| value > *max) {
            report(format!("must be at most {max} (maximum)"));
        }
        if let Some(above) = self.above.filter(|above| value <= *above) {
            report(format!("must be above {above} (exclusiveMinimum)"));
        }
        if let Some(below) = self.below.filter(|below| value >= *below) {
            report(format!("must be below {below} (exclusiveMaximum)"));
        }
    }
}

impl CountRules {
    fn broken_by(self, count: usize, what: &str, [min_rule, max_rule]: [&str; 2]) -> Option<String> {
        if let Some(min) = self.min.filter(|min| count < *min) {
            return Some(format!("must have at least {min} {what} ({min_rule})"));
        }
        let max = self.max.filter(|max| count > *max)?;
        Some(format!("must have at most {max} {what} ({max_rule})"))
    }
}
