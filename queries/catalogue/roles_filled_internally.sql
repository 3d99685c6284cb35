/*---
help        = "Share of the roles filled that people from inside filled"
kind        = "ratio"
labels      = ["site"]
direction   = "higher"
uncertainty = "wilson"
group       = "mobility"
owner       = "people"
talk        = "For which open role do we have somebody inside whom nobody has asked?"
---*/
SELECT week, site_id AS site,
       SUM(CASE WHEN kind = 'role_filled_internally' THEN CAST(value AS BIGINT) ELSE 0 END) AS numerator,
       SUM(CAST(value AS BIGINT)) AS denominator
FROM outcomes
WHERE kind IN ('role_filled_internally', 'role_filled_externally')
GROUP BY week, site_id
