/*---
help        = "Share of working time on days on which the site does not work"
kind        = "ratio"
labels      = ["site"]
direction   = "lower"
owner       = "people"
---*/
WITH entries AS (
  SELECT week, site_id AS site, leader_id, starts_at, ends_at,
         NOT array_has(COALESCE(sites.working_days, make_array('mon', 'tue', 'wed', 'thu', 'fri')),
                       lower(to_char(starts_at_local, '%a'))) AS day_off
  FROM calendar_audits
  LEFT JOIN sites USING (site_id)
  WHERE category <> 'leave' AND status = 'confirmed' AND basis = 'actual'
),
diaries AS (
  SELECT week, site, leader_id,
         covered_seconds(starts_at, ends_at) FILTER (WHERE day_off) AS on_days_off,
         covered_seconds(starts_at, ends_at) AS working
  FROM entries
  GROUP BY week, site, leader_id
)
SELECT week, site, SUM(on_days_off) AS numerator, SUM(working) AS denominator
FROM diaries
GROUP BY week, site
