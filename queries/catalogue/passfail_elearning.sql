/*---
help        = "Share of pass/fail e-learning, against practice in the team"
kind        = "ratio"
labels      = ["site"]
target      = 0.5  # no figure is published: the bank had all of it, and no effect
direction   = "lower"
uncertainty = "wilson"
lagging     = { below = 0.8, weeks = 4 }
group       = "risk"
owner       = "learning"
talk        = "Which of these tests could be replaced by trying the thing together in the team?"
---*/
WITH learning AS (
  SELECT week, site_id AS site,
         CASE WHEN format = 'elearning' AND verb IN ('passed', 'failed') THEN 1 ELSE 0 END AS test,
         CASE WHEN format IN ('peer', 'coaching', 'on_the_job', 'team_meeting') AND verb = 'attended' THEN 1 ELSE 0 END AS practice
  FROM training_events
  WHERE role = 'learner'
)
SELECT week, site, SUM(test) AS numerator, SUM(test + practice) AS denominator
FROM learning
GROUP BY week, site
