/*---
help        = "Share of a site's working days that began with a pre-start meeting"
kind        = "ratio"
labels      = ["site"]
target      = 1.0  # before every day's work
direction   = "higher"
horizon     = { ahead = 1 }  # where an entry lies in two weeks, the second depends on the first
group       = "leaders"
owner       = "operations"
talk        = "On which days did work begin without a pre-start, and what was in its place?"
---*/
WITH held AS (
  -- The first piece of an entry is the one with its beginning; a meeting over midnight belongs to the day on which it began.
  SELECT site_id AS site, entry_id, MIN(week) AS week, MIN(starts_at_local) AS begins
  FROM calendar_audits
  WHERE category = 'prestart' AND basis = 'actual' AND status = 'confirmed'
  GROUP BY site_id, entry_id
),
days AS (
  SELECT DISTINCT week, site, CAST(begins AS DATE) AS day FROM held
),
weeks AS (
  -- Of every week with any entry: a week without a meeting is a 0, not a gap.
  SELECT DISTINCT week, site_id AS site FROM calendar_audits
),
counted AS (
  SELECT week, site, day AS first_day, day AS last_day, 1 AS is_day FROM days
  UNION ALL
  SELECT week, site, CAST(NULL AS DATE), CAST(NULL AS DATE), 0 FROM weeks
),
found AS (
  -- working_days_in(… day, day) is 1 where the day is one on which the site works, and is open.
  SELECT counted.week, counted.site, is_day,
         working_days_in(counted.week, sites.working_days,
                         GREATEST(first_day, sites.opened_on), LEAST(last_day, sites.closed_on)) AS working
  FROM counted
  LEFT JOIN sites ON sites.site_id = counted.site
)
SELECT week, site,
       SUM(working * is_day) AS numerator,
       SUM(working * (1 - is_day)) AS denominator
FROM found
GROUP BY week, site
