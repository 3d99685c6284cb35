//! The calendar functions against a minute-by-minute brute force.
