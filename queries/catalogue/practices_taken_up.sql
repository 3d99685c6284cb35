/*---
help        = "Share of the good practices recorded by audits that another site has taken up"
kind        = "ratio"
labels      = ["site"]
direction   = "higher"
uncertainty = "wilson"
silence     = 13  # not every site, every week
group       = "audit"
owner       = "audit"
talk        = "Which practice of another site would help here, and who could show it?"
---*/
SELECT week, site_id AS site, SUM(COALESCE(taught_elsewhere, 0)) AS numerator, SUM(good_practices) AS denominator
FROM internal_audits
GROUP BY week, site_id
