//! End to end: what the README and the design claim, on a real broker and a real Prometheus.

mod arrows;
