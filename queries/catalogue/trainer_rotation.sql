/*---
help        = "Evenness of trainers over tenure bands: pairs of trainings in 13 weeks led from different bands"
kind        = "ratio"
labels      = ["site"]
target      = 0.6  # no figure is published: three bands in turn give two thirds
direction   = "higher"
lagging     = { below = 0.35, weeks = 4 }
horizon     = { ahead = 14 }  # a training counts in the pairs of the 13 weeks after it
group       = "hierarchy"
owner       = "learning"
talk        = "Who has never led a training, and which one could they lead next?"
---*/
WITH taught AS (
  SELECT week, site_id AS site, occurred_at, tenure_band
  FROM training_events
  WHERE verb = 'taught' AND tenure_band IS NOT NULL
)
SELECT later.week, later.site,
       COUNT(*) FILTER (WHERE (later.tenure_band IS DISTINCT FROM earlier.tenure_band)) AS numerator, COUNT(*) AS denominator
FROM taught AS later
JOIN taught AS earlier
  ON earlier.site = later.site
 AND earlier.occurred_at < later.occurred_at
 AND earlier.occurred_at >= later.occurred_at - INTERVAL '91 days'
GROUP BY later.week, later.site
