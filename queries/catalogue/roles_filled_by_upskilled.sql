/*---
help        = "Share of the roles filled that people who had learnt for it filled"
kind        = "ratio"
labels      = ["site"]
target      = 0.7  # over 70 % at the telecommunications firm
direction   = "higher"
uncertainty = "wilson"
group       = "mobility"
owner       = "people"
talk        = "Who learnt for a role and did not get it, and what did we tell them?"
---*/
-- Where nobody said whether the person had learnt for it, the role is left out.
SELECT week, site_id AS site,
       SUM(CASE WHEN kind = 'role_filled_internally' AND upskilled THEN CAST(value AS BIGINT) ELSE 0 END) AS numerator,
       SUM(CAST(value AS BIGINT)) AS denominator
FROM outcomes
WHERE kind = 'role_filled_externally' OR (kind = 'role_filled_internally' AND upskilled IS NOT NULL)
GROUP BY week, site_id
