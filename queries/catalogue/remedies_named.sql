/*---
help        = "Remedies that teams named, in weeks with a team meeting due or a remedy named"
kind        = "count"
labels      = ["site"]
direction   = "higher"
uncertainty = "poisson"
silence     = 13  # not every site, every week
group       = "risk"
owner       = "risk"
talk        = "What does the team see that is not on the list yet, and why is it not?"
---*/
WITH weeks AS (
  SELECT week, site_id AS site, 1 AS named FROM remedies
  UNION ALL
  -- A week in which a meeting was due and nothing was named is a 0, not a gap.
  SELECT week, site_id, 0 FROM team_meetings
)
SELECT week, site, SUM(named) AS numerator
FROM weeks
GROUP BY week, site
