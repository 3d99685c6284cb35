/*---
help        = "Recordable incidents per 200,000 hours worked"
kind        = "rate"
per         = 200000
unit        = "hours"
labels      = ["site"]
direction   = "lower"
uncertainty = "poisson"
group       = "lagging"
owner       = "safety"
talk        = "What had we seen before it happened, and why did nobody stop it?"
---*/
SELECT week, site_id AS site,
       SUM(CASE WHEN kind = 'recordable_incident' THEN CAST(value AS BIGINT) ELSE 0 END) AS numerator,
       SUM(CASE WHEN kind = 'hours_worked' THEN CAST(value AS DECIMAL(18, 2)) ELSE 0 END) AS denominator
FROM outcomes
WHERE kind IN ('recordable_incident', 'hours_worked')
GROUP BY week, site_id
