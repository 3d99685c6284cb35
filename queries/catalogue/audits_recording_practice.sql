/*---
help        = "Share of internal audits that record a good practice"
kind        = "ratio"
labels      = ["site"]
direction   = "higher"
uncertainty = "wilson"
silence     = 13  # not every site, every week
group       = "audit"
owner       = "audit"
talk        = "What does this site do well that an auditor has walked past so far?"
---*/
SELECT week, site_id AS site, COUNT(*) FILTER (WHERE good_practices > 0) AS numerator, COUNT(*) AS denominator
FROM internal_audits
GROUP BY week, site_id
