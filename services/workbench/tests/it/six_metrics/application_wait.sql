/*---
help        = "Days from a commitment to its first application"
kind        = "rate"            # days
unit        = "applied commitment"
labels      = ["site"]
target      = 14
direction   = "lower"
uncertainty = "none"
horizon     = { back = 1, ahead = 53 }  # of sites in different time zones; within 52 weeks
owner       = "learning"
---*/
WITH firsts AS (
  SELECT made.event_id, made.site_id AS site, made.occurred_at AS made_at, MIN(applied.occurred_at) AS applied_at
  FROM training_events AS made
  JOIN training_events AS applied
    ON applied.commitment_id = made.commitment_id
   AND applied.verb = 'applied'
   AND applied.occurred_at >= made.occurred_at
   AND applied.occurred_at <= made.occurred_at + INTERVAL '364 days'
  WHERE made.verb = 'committed'
  GROUP BY made.event_id, made.site_id, made.occurred_at
),
waits AS (
  SELECT event_id, site, applied_at, covered_seconds(made_at, applied_at) AS seconds
  FROM firsts
  GROUP BY event_id, site, applied_at
)
SELECT week_in(waits.applied_at, sites.timezone) AS week, waits.site,
       SUM(rounded_quotient(waits.seconds, 86400)) AS numerator, COUNT(*) AS denominator
FROM waits
LEFT JOIN sites ON sites.site_id = waits.site
GROUP BY week_in(waits.applied_at, sites.timezone), waits.site
