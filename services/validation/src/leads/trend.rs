use crate::Grid;

/// Values less each site's own least-squares line over its weeks; holes stay.
pub(crate) fn without_trends(values: &Grid) -> Grid {
    let lines: Vec<(f64, f64)> = (0..values.sites()).map(|site| line(values.row(site))).collect();
    Grid::of(values.sites(), values.weeks(), |site, week| {
        let (middle, slope) = lines[site];
        values.at(site, week) - slope * (week as f64 - middle)
    })
}

/// The middle of the weeks that have a value, and the slope per week; 0 with fewer than two of them.
fn line(row: &[f64]) -> (f64, f64) {
    let present =
        || row.iter().enumerate().filter(|(_, value)| !value.is_nan()).map(|(week, value)| (week as f64, *value));
    let middle = present().map(|(week, _)| week).sum::<f64>() / present().count() as f64;
    let squares: f64 = present().map(|(week, _)| (week - middle).powi(2)).sum();
    let slope = present().map(|(week, value)| (week - middle) * value).sum::<f64>() / squares;
    if slope.is_finite() { (middle, slope) } else { (0.0, 0.0) }
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
