/*---
help        = "Coaching sessions held a week, per leader of the site"
kind        = "rate"
unit        = "leader"
labels      = ["site"]
target      = 2
direction   = "higher"
uncertainty = "poisson"
lagging     = { below = 1, weeks = 4 }
horizon     = { ahead = 1 }
owner       = "operations"
---*/
WITH sessions AS (
  -- Counted once, in the week in which it began, also where it runs into the next.
  SELECT MIN(week) AS week, site_id AS site, entry_id
  FROM calendar_audits
  WHERE category = 'coaching' AND basis = 'actual' AND status = 'confirmed'
  GROUP BY site_id, entry_id
),
leaders_there AS (
  -- Of every week with any entry: a week without a session is a 0, not a gap.
  SELECT weeks.week, weeks.site, leaders.leader_id
  FROM (SELECT DISTINCT week, site_id AS site FROM calendar_audits) AS weeks
  JOIN leaders ON leaders.site_id = weeks.site
  WHERE (leaders."from" IS NULL OR leaders."from" <= weeks.week + INTERVAL '6 days')
    AND (leaders."to" IS NULL OR leaders."to" >= weeks.week)
)
SELECT week, site, SUM(held) AS numerator, SUM(there) AS denominator
FROM (
  SELECT week, site, 1 AS held, 0 AS there FROM sessions
  UNION ALL
  SELECT week, site, 0, 1 FROM leaders_there
)
GROUP BY week, site
