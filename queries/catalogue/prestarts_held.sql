/*---
help        = "Share of planned pre-start meetings that were held"
kind        = "ratio"
labels      = ["site"]
target      = 0.95  # no figure is published: the odd one falls to the weather
direction   = "higher"
uncertainty = "wilson"
lagging     = { below = 0.8, weeks = 3 }
horizon     = { ahead = 1 }  # where an entry lies in two weeks, the second depends on the first
group       = "leaders"
owner       = "operations"
talk        = "Which pre-starts fell out, and what was more urgent than a safe beginning?"
---*/
WITH prestarts AS (
  -- One that runs over the end of a week is two rows. It counts once, in the week in which it began.
  SELECT MIN(week) AS week, site_id AS site, entry_id, basis, status
  FROM calendar_audits
  WHERE category = 'prestart'
  GROUP BY entry_id, site_id, basis, status
)
-- Planned and not held: its latest revision still says so, or that it was cancelled.
SELECT week, site, COUNT(*) FILTER (WHERE basis = 'actual' AND status = 'confirmed') AS numerator, COUNT(*) AS denominator
FROM prestarts
GROUP BY week, site
