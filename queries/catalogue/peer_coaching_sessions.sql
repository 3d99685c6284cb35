/*---
help        = "Peer coaching sessions held a week, per 10 people"
kind        = "rate"
per         = 10
unit        = "people"
labels      = ["site"]
target      = 2.5  # no figure is published: each person in a session every four weeks or so
direction   = "higher"
uncertainty = "poisson"
lagging     = { below = 1.2, weeks = 4 }
group       = "coaching"
owner       = "learning"
talk        = "Which hour of the week could belong to peer coaching, and who takes it away today?"
---*/
WITH sessions AS (
  -- A session is what its coach attended. Of every week with any event of learning: one without a session is a 0.
  SELECT week, site_id AS site,
         SUM(CASE WHEN verb = 'attended' AND role = 'coach' AND format IN ('peer', 'coaching') THEN 1 ELSE 0 END) AS held
  FROM training_events
  GROUP BY week, site_id
)
SELECT sessions.week, sessions.site, SUM(sessions.held) AS numerator, SUM(sites.headcount) AS denominator
FROM sessions
JOIN sites ON sites.site_id = sessions.site
WHERE sites.headcount > 0
GROUP BY sessions.week, sessions.site
