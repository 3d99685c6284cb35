/*---
help        = "Near misses reported per 200,000 hours worked"
kind        = "rate"
per         = 200000
unit        = "hours"
labels      = ["site"]
direction   = "lower"
uncertainty = "poisson"
group       = "lagging"
owner       = "safety"
talk        = "What nearly went wrong this week, and did people feel safe to tell it?"
---*/
SELECT week, site_id AS site,
       SUM(CASE WHEN kind = 'near_miss' THEN CAST(value AS BIGINT) ELSE 0 END) AS numerator,
       SUM(CASE WHEN kind = 'hours_worked' THEN CAST(value AS DECIMAL(18, 2)) ELSE 0 END) AS denominator
FROM outcomes
WHERE kind IN ('near_miss', 'hours_worked')
GROUP BY week, site_id
