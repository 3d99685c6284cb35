//! What to do after a check or a test, at the end of its summary.

/// After `query check`.
pub fn after_check(faults: usize) -> &'static str {
    if faults == 0 {
        "; next: bellwether query test"
    } else {
        "; fix what is marked (what a query may name: bellwether query reference), then check again"
    }
}

/// After `query test`.
pub fn after_test(checks: usize, failed: usize, completed: bool) -> &'static str {
    match (failed, completed) {
        (0, _) => "",
        _ if checks == 0 => "; fix what is marked, then test again",
        (_, false) => "; fix the query or its test; if the results given are right, --complete writes them",
        (_, true) => "; what is left is not a matter of results: fix the query or its test",
    }
}
