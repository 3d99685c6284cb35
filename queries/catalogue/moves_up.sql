/*---
help        = "People who moved to a gateway or higher role, per 100 people and year"
kind        = "rate"
per         = 5200
unit        = "person-weeks"
labels      = ["site"]
direction   = "higher"
uncertainty = "poisson"
group       = "mobility"
owner       = "people"
talk        = "Who is ready for a bigger role, and what are we waiting for?"
---*/
WITH moves AS (
  -- Of every week with any outcome: none moved is a 0, not a gap.
  SELECT week, site_id AS site,
         SUM(CASE WHEN kind = 'role_filled_internally' AND role_level IN ('gateway', 'higher')
                  THEN CAST(value AS BIGINT) ELSE 0 END) AS moved
  FROM outcomes
  GROUP BY week, site_id
)
SELECT moves.week, moves.site, SUM(moves.moved) AS numerator, SUM(sites.headcount) AS denominator
FROM moves
JOIN sites ON sites.site_id = moves.site
WHERE sites.headcount > 0
GROUP BY moves.week, moves.site
