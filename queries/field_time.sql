/*---
help        = "Share of a site leader's working time spent in the field"
kind        = "ratio"           # seconds in the field of seconds worked
labels      = ["site"]
target      = 0.45              # what the best site leaders reach
direction   = "higher"
uncertainty = "none"            # a census: measured time, not a sample
lagging     = { below = 0.30, weeks = 3 }
horizon     = { back = 0, ahead = 0 }   # an entry counts in the weeks it lies in, and in no other
coverage    = 0.60              # a calendar with less of the contracted hours in it says little
owner       = "operations"
---*/
WITH diary AS (
  -- Overlapping entries of a leader count once, so the union is taken per leader before sites are summed.
  SELECT week, site_id AS site, leader_id,
         covered_seconds(starts_at, ends_at) FILTER (WHERE category = 'field') AS field,
         covered_seconds(starts_at, ends_at) FILTER (WHERE category <> 'leave') AS working,
         covered_seconds(starts_at, ends_at) AS logged      -- leave included: a week off is a week accounted for
  FROM calendar_audits
  WHERE status = 'confirmed' AND basis = 'actual'
  GROUP BY week, site_id, leader_id
),
contracted AS (
  -- Every leader the site employs in the week is expected, also one whose calendar is empty.
  SELECT weeks.week, weeks.site, CAST(leaders.weekly_hours * 3600 AS DECIMAL(18, 6)) AS expected
  FROM (SELECT DISTINCT week, site FROM diary) AS weeks
  JOIN leaders ON leaders.site_id = weeks.site
  WHERE (leaders."from" IS NULL OR leaders."from" <= weeks.week + INTERVAL '6 days')
    AND (leaders."to" IS NULL OR leaders."to" >= weeks.week)
)
SELECT week, site, SUM(field) AS numerator, SUM(working) AS denominator, SUM(logged) AS logged, SUM(expected) AS expected
FROM (
  SELECT week, site, field, working, logged, CAST(NULL AS DECIMAL(18, 6)) AS expected FROM diary
  UNION ALL
  SELECT week, site, NULL, NULL, NULL, expected FROM contracted
)
GROUP BY week, site
