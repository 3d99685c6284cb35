/*---
help        = "Share of learning that the employee chose"
kind        = "ratio"
labels      = ["site"]
target      = 0.6  # no figure is published
direction   = "higher"
uncertainty = "wilson"
lagging     = { below = 0.4, weeks = 3 }
group       = "hierarchy"
owner       = "learning"
talk        = "What would people choose to learn if nobody assigned anything for a month?"
---*/
SELECT week, site_id AS site, COUNT(*) FILTER (WHERE chosen_by = 'employee') AS numerator, COUNT(*) AS denominator
FROM training_events
WHERE verb = 'attended' AND role = 'learner' AND chosen_by IS NOT NULL
GROUP BY week, site_id
