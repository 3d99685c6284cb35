//! Linear equations over unknown scores: what they determine, exactly, and how far what they do not determine can vary.

use std::collections::BTreeMap;

/// 2⁶¹ − 1: exact arithmetic with fractions is done modulo this prime.
const PRIME: u64 = (1 << 61) - 1;

/// A row of fractions.
pub type Coefficients = BTreeMap<usize, Fraction>;

/// A fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fraction {
    pub over: i64,
    pub under: i64,
}

impl Fraction {
    pub const ONE: Self = Self { over: 1, under: 1 };

    /// The fraction that a floating-point number with some 10 good digits stands for.
    #[expect(clippy::cast_possible_truncation, reason = "numerators and denominators are small")]
    pub fn nearest(number: f64) -> Option<Self> {
        let good = |under: f64| ((number * under).round() / under - number).abs() <= 1e-10 * number.abs();
        let under =
            [(1.0 / number).round().abs()].into_iter().chain((1..=4000).map(f64::from)).find(|under| good(*under));
        under.map(|under| Self { over: (number * under).round() as i64, under: under as i64 })
    }

    fn residue(self) -> u64 {
        let of = |number: i64| u64::try_from(i128::from(number).rem_euclid(i128::from(PRIME))).unwrap();
        times(of(self.over), inverse(of(self.under)))
    }

    #[expect(clippy::cast_precision_loss, reason = "some 10 digits are good")]
    fn number(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

fn times(a: u64, b: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) % u128::from(PRIME)).unwrap()
}

fn inverse(a: u64) -> u64 {
    let (mut result, mut base, mut power) = (1, a, PRIME - 2);
    while power > 0 {
        if power & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        power >>= 1;
    }
    result
}

/// What an attacker knows: the span of the equations.
#[derive(Debug, Default)]
pub struct Knowledge {
    /// Reduced rows modulo the prime, by their leading unknown.
    exact: BTreeMap<usize, BTreeMap<usize, u64>>,
    /// The same span, orthonormal.
    orthonormal: Vec<BTreeMap<usize, f64>>,
}

impl Knowledge {
    /// Adds an equation.
    pub fn learn(&mut self, equation: &Coefficients) {
        let rest = self.reduce(equation);
        let Some((lead, first)) = rest.first_key_value().map(|(lead, first)| (*lead, *first)) else { return };
        let scale = inverse(first);
        self.exact.insert(lead, rest.into_iter().map(|(at, value)| (at, times(value, scale))).collect());
        let mut row = self.beyond(equation);
        let length = row.values().map(|x| x * x).sum::<f64>().sqrt();
        row.values_mut().for_each(|x| *x /= length);
        self.orthonormal.push(row);
    }

    pub fn equations(&self) -> usize {
        self.exact.len()
    }

    /// Whether the equations give this sum of unknowns.
    pub fn determines(&self, sum: &Coefficients) -> bool {
        self.reduce(sum).is_empty()
    }

    fn reduce(&self, equation: &Coefficients) -> BTreeMap<usize, u64> {
        let mut rest: BTreeMap<usize, u64> =
            equation.iter().map(|(at, x)| (*at, x.residue())).filter(|(_, x)| *x != 0).collect();
        let mut from = 0;
        while let Some((at, factor)) = rest.range(from..).next().map(|(at, factor)| (*at, *factor)) {
            from = at + 1;
            let Some(row) = self.exact.get(&at) else { continue };
            for (column, value) in row {
                let entry = rest.entry(*column).or_default();
                *entry = (*entry + PRIME - times(*value, factor)) % PRIME;
                if *entry == 0 {
                    rest.remove(column);
                }
            }
        }
        rest
    }

    /// What of a sum the equations say nothing about.
    fn beyond(&self, sum: &Coefficients) -> BTreeMap<usize, f64> {
        let mut rest: BTreeMap<usize, f64> = sum.iter().map(|(at, x)| (*at, x.number())).collect();
        for _ in 0..2 {
            for row in &self.orthonormal {
                let along: f64 = row.iter().filter_map(|(at, x)| Some(x * rest.get(at)?)).sum();
                row.iter().for_each(|(at, x)| *rest.entry(*at).or_default() -= along * x);
            }
        }
        rest
    }

    /// A width that the unknown's possible values have at least: all unknowns from 0 to 1, the equations kept, the truth
    /// (`at`) changed along one direction.
    pub fn width(&self, unknown: usize, at: &[f64]) -> f64 {
        let direction = self.beyond(&Coefficients::from([(unknown, Fraction::ONE)]));
        let own = direction.get(&unknown).copied().unwrap_or(0.0);
        if own < 1e-9 {
            return 0.0;
        }
        let room = |sign: f64| {
            let one = |(index, by): (&usize, &f64)| {
                let by = by * sign / own;
                if by.abs() < 1e-12 {
                    f64::INFINITY
                } else if by > 0.0 {
                    (1.0 - at[*index]) / by
                } else {
                    -at[*index] / by
                }
            };
            direction.iter().map(one).fold(f64::INFINITY, f64::min)
        };
        room(1.0) + room(-1.0)
    }
}

#[test]
fn sums_that_differ_by_one_unknown_give_it_away() {
    let ones = |unknowns: &[usize]| unknowns.iter().map(|at| (*at, Fraction::ONE)).collect::<Coefficients>();
    let mut knowledge = Knowledge::default();
    knowledge.learn(&ones(&[0, 1, 2]));
    assert!(!knowledge.determines(&ones(&[2])) && knowledge.width(2, &[0.5; 3]) >= 0.5);
    knowledge.learn(&ones(&[0, 1]));
    knowledge.learn(&ones(&[0, 1, 2]));
    assert_eq!(knowledge.equations(), 2);
    assert!(knowledge.determines(&ones(&[2])) && knowledge.width(2, &[0.5; 3]) == 0.0);
    assert!(!knowledge.determines(&ones(&[0])));
}

#[test]
fn fractions_are_found_again() {
    for (over, under) in [(1, 240), (-1, 7), (3, 52), (1, 1)] {
        let found = Fraction::nearest(f64::from(over) / f64::from(under) * (1.0 + 1e-12)).unwrap();
        assert_eq!(found.over * i64::from(under), i64::from(over) * found.under);
    }
}
