//! The difference of two lists of lines.

/// Lines of both, `-` before those that only `from` has and `+` before those that only `to` has.
pub(super) fn of(from: &[String], to: &[String]) -> String {
    // common[i][j]: length of the longest common subsequence of from[i..] and to[j..].
    let mut common = vec![vec![0usize; to.len() + 1]; from.len() + 1];
    for i in (0..from.len()).rev() {
        for j in (0..to.len()).rev() {
            let longer = common[i + 1][j].max(common[i][j + 1]);
            common[i][j] = if from[i] == to[j] { common[i + 1][j + 1] + 1 } else { longer };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < from.len() || j < to.len() {
        if i < from.len() && j < to.len() && from[i] == to[j] {
            lines.push(format!("    {}", from[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == to.len() || (i < from.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("  - {}", from[i]));
            i += 1;
        } else {
            lines.push(format!("  + {}", to[j]));
            j += 1;
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_both_have_is_kept() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(super::of(&lines("a b c"), &lines("a x c d")), "    a\n  - b\n  + x\n    c\n  + d");
    }
}
