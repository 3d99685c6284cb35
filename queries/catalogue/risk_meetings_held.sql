/*---
help        = "Share of the risk meetings due that teams held in time"
kind        = "ratio"
labels      = ["site"]
target      = 1.0  # two a team in the quarter's risk month
direction   = "higher"
uncertainty = "wilson"
silence     = 14  # once a quarter
group       = "risk"
owner       = "risk"
talk        = "Which team has not met about its risks yet, and on which day this week will it?"
---*/
-- One that was called off was due all the same; one held after its due time was not held in time.
SELECT week, site_id AS site,
       COUNT(*) FILTER (WHERE status = 'held' AND held_at <= due_at) AS numerator, COUNT(*) AS denominator
FROM team_meetings
WHERE programme = 'risk_month'
GROUP BY week, site_id
