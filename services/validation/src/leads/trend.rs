use crate::Grid;

/// Values less each site's own least-squares line over its weeks; holes stay.
pub(crate) fn without_trends(values: &Grid) -> Grid {
    without_lines(values, &[0])
}

/// Values less each site's own line from each of `starts` (the first is 0) to the week before the next.
pub(crate) fn without_lines(values: &Grid, starts: &[usize]) -> Grid {
    let ends = starts.iter().skip(1).copied().chain([values.weeks()]);
    let spans: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
    let mut cells = Vec::with_capacity(values.cells().len());
    for site in 0..values.sites() {
        for (first, end) in &spans {
            let row = &values.row(site)[*first..*end];
            let (middle, level, slope) = line(row);
            // One line alone keeps the site's level: the fit takes it out, and holes of other values may move it.
            let level = if spans.len() == 1 { 0.0 } else { level };
            cells.extend(row.iter().enumerate().map(|(week, value)| value - level - slope * (week as f64 - middle)));
        }
    }
    Grid::of(values.sites(), values.weeks(), |site, week| cells[site * values.weeks() + week])
}

/// The middle of the weeks that have a value, the level there, and the slope per week; 0 with fewer than two of them.
fn line(row: &[f64]) -> (f64, f64, f64) {
    let present =
        || row.iter().enumerate().filter(|(_, value)| !value.is_nan()).map(|(week, value)| (week as f64, *value));
    let middle = present().map(|(week, _)| week).sum::<f64>() / present().count() as f64;
    let level = present().map(|(_, value)| value).sum::<f64>() / present().count() as f64;
    let squares: f64 = present().map(|(week, _)| (week - middle).powi(2)).sum();
    let slope = present().map(|(week, value)| (week - middle) * value).sum::<f64>() / squares;
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    if slope.is_finite() { (middle, level, slope) } else { (0.0, finite(level), 0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_is_level_afterwards_and_holes_stay() {
        let level =
            without_trends(&Grid::of(1, 5, |_, week| if week == 3 { f64::NAN } else { 1.0 + 2.0 * week as f64 }));
        assert!(level.at(0, 3).is_nan());
        for week in [0, 1, 2, 4] {
            assert!((level.at(0, week) - level.at(0, 0)).abs() < 1e-12);
        }
    }
}
