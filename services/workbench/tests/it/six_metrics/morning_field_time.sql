/*---
help        = "Share of field time that lies before noon"
kind        = "ratio"
labels      = ["site"]
target      = 0.60
direction   = "higher"
owner       = "operations"
---*/
WITH hours AS (
  -- An entry hour by hour of the site's clock, so that one over noon or midnight is told apart.
  SELECT entries.week, entries.site_id AS site, entries.leader_id,
         UNNEST(cut_at_hours(entries.starts_at, entries.ends_at, sites.timezone)) AS piece
  FROM calendar_audits AS entries
  LEFT JOIN sites ON sites.site_id = entries.site_id
  WHERE entries.category = 'field' AND entries.status = 'confirmed' AND entries.basis = 'actual'
),
diaries AS (
  SELECT week, site, leader_id,
         covered_seconds(piece['starts_at'], piece['ends_at'])
           FILTER (WHERE date_part('hour', piece['local_hour']) < 12) AS morning,
         covered_seconds(piece['starts_at'], piece['ends_at']) AS field
  FROM hours
  GROUP BY week, site, leader_id
)
SELECT week, site, SUM(morning) AS numerator, SUM(field) AS denominator
FROM diaries
GROUP BY week, site
