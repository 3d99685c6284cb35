/*---
help        = "Mean culture score, in points"
kind        = "rate"
labels      = ["site"]
direction   = "higher"
group       = "lagging"
owner       = "people"
talk        = "Which answer surprised you most, and whom have you asked about it since?"
---*/
SELECT week, site_id AS site, SUM(CAST(value AS DECIMAL(18, 3))) AS numerator, COUNT(*) AS denominator
FROM outcomes
WHERE kind = 'culture_score'
GROUP BY week, site_id
