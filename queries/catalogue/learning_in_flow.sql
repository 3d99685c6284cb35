/*---
help        = "Minutes of learning within the work, per person and working day"
kind        = "rate"
unit        = "person and working day"
labels      = ["site"]
target      = 10  # 10 to 15 minutes a day
direction   = "higher"
lagging     = { below = 6, weeks = 4 }
group       = "learning"
owner       = "learning"
talk        = "Where in the shift would ten minutes of learning fit, and who takes them away today?"
---*/
WITH learning AS (
  -- Of every week with any event of learning: one without a minute is a 0, not a gap.
  SELECT week, site_id AS site,
         SUM(CASE WHEN verb = 'attended' AND role = 'learner' AND minutes IS NOT NULL
                   AND format IN ('on_the_job', 'peer', 'coaching', 'team_meeting')
                  THEN CAST(minutes AS DECIMAL(18, 3)) ELSE 0 END) AS minutes
  FROM training_events
  GROUP BY week, site_id
)
SELECT learning.week, learning.site, SUM(learning.minutes) AS numerator,
       SUM(sites.headcount * working_days_in(learning.week, sites.working_days, sites.opened_on, sites.closed_on)) AS denominator
FROM learning
JOIN sites ON sites.site_id = learning.site
WHERE sites.headcount > 0
GROUP BY learning.week, learning.site
