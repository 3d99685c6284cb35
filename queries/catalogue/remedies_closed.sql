/*---
help        = "Share of the remedies due that were closed by their due time"
kind        = "ratio"
labels      = ["site"]
target      = 0.8  # no figure is published for remedies: that of commitments to peers
direction   = "higher"
uncertainty = "wilson"
lagging     = { below = 0.6, weeks = 3 }
horizon     = { back = 1, ahead = 53 }  # sites lie in different zones; due up to 52 weeks after it was named
silence     = 13  # not every site, every week
group       = "risk"
owner       = "risk"
talk        = "Which remedy is open longest, and what does the team lack to close it?"
---*/
SELECT week_in(remedies.due_at, sites.timezone) AS week, remedies.site_id AS site,
       COUNT(*) FILTER (WHERE remedies.closed_at <= remedies.due_at) AS numerator, COUNT(*) AS denominator
FROM remedies
LEFT JOIN sites ON sites.site_id = remedies.site_id
WHERE remedies.due_at <= $as_of
GROUP BY week_in(remedies.due_at, sites.timezone), remedies.site_id
