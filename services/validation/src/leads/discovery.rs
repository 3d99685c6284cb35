/// p values adjusted for how many were looked at: claiming those under q makes at most a share q of the claims false
/// (Benjamini and Hochberg 1995, "Controlling the false discovery rate", JRSS B 57). In the order given.
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 1.0f64;
    for (from_top, at) in order.into_iter().enumerate() {
        least = least.min(p[at] * p.len() as f64 / (p.len() - from_top) as f64);
        adjusted[at] = least;
    }
    adjusted
}
