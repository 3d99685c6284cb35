/*---
help        = "Hours of training away from work, per person and year"
kind        = "rate"
per         = 52
unit        = "person-weeks"
labels      = ["site"]
target      = 30  # the bank: more than halved from 60 hours a year
direction   = "lower"
lagging     = { below = 45, weeks = 4 }
group       = "risk"
owner       = "learning"
talk        = "Which course could be learnt on the job, with somebody who does it well?"
---*/
WITH learning AS (
  -- Of every week with any event of learning: one without training is a 0, not a gap.
  SELECT week, site_id AS site,
         SUM(CASE WHEN verb = 'attended' AND role = 'learner' AND format IN ('elearning', 'classroom') AND minutes IS NOT NULL
                  THEN CAST(minutes AS DECIMAL(18, 3)) ELSE 0 END) AS minutes
  FROM training_events
  GROUP BY week, site_id
)
SELECT learning.week, learning.site, SUM(rounded_quotient(learning.minutes, 60)) AS numerator, SUM(sites.headcount) AS denominator
FROM learning
JOIN sites ON sites.site_id = learning.site
WHERE sites.headcount > 0
GROUP BY learning.week, learning.site
