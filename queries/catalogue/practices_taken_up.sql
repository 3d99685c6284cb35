/*---
help        = "Share of the good practices recorded by audits that another site has taken up"
kind        = "ratio"
labels      = ["site"]
direction   = "higher"
uncertainty = "wilson"
silence     = 13  # not every site, every week
group       = "audit"
owner       = "audit"
---*/
SELECT week, site_id AS site, SUM(COALESCE(taught_elsewhere, 0)) AS numerator, SUM(good_practices) AS denominator
FROM internal_audits
GROUP BY week, site_id
