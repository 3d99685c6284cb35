/*---
help        = "Mix of upskilling, reskilling and newskilling in what people attended"
kind        = "ratio"
labels      = ["site", "skill_path"]
direction   = "higher"
uncertainty = "wilson"
group       = "hierarchy"
owner       = "learning"
talk        = "Which skill will this site need in two years, and who is learning it now?"
---*/
WITH attended AS (
  SELECT week, site_id AS site, skill_path
  FROM training_events
  WHERE verb = 'attended' AND role = 'learner' AND skill_path IN ('upskilling', 'reskilling', 'newskilling')
),
paths AS (
  SELECT UNNEST(make_array('upskilling', 'reskilling', 'newskilling')) AS skill_path
)
-- A path that nobody took in a week is a 0 of that week.
SELECT attended.week, attended.site, paths.skill_path,
       COUNT(*) FILTER (WHERE attended.skill_path = paths.skill_path) AS numerator, COUNT(*) AS denominator
FROM attended
CROSS JOIN paths
GROUP BY attended.week, attended.site, paths.skill_path
