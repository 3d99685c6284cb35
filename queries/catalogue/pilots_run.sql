/*---
help        = "Pilots of new ways of learning or working that were begun"
kind        = "count"
labels      = ["site"]
direction   = "higher"
uncertainty = "poisson"
group       = "hierarchy"
owner       = "learning"
talk        = "What would you try if it were allowed to fail, and what do you need to begin?"
---*/
WITH weeks AS (
  SELECT week, site_id AS site, 1 AS begun FROM pilots
  UNION ALL
  -- Weeks with any event of learning: none begun is a 0, not a gap.
  SELECT week, site_id, 0 FROM training_events
)
SELECT week, site, SUM(begun) AS numerator
FROM weeks
GROUP BY week, site
