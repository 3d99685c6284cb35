/*---
help        = "Mean customer score"
kind        = "rate"
labels      = ["site"]
direction   = "higher"
group       = "lagging"
owner       = "customers"
talk        = "What did the last unhappy customer tell us, and who rang them back?"
---*/
SELECT week, site_id AS site, SUM(CAST(value AS DECIMAL(18, 3))) AS numerator, COUNT(*) AS denominator
FROM outcomes
WHERE kind = 'customer_score'
GROUP BY week, site_id
