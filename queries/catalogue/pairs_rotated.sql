/*---
help        = "Share of peer coaching sessions held by pairs that first met in the last 13 weeks"
kind        = "ratio"
labels      = ["site"]
target      = 0.5  # no figure is published: pairs change every few months
direction   = "higher"
uncertainty = "wilson"
horizon     = { back = 1, ahead = 53 }  # a session makes its pair an old one for 52 weeks; as others, which share what is read
group       = "coaching"
owner       = "learning"
talk        = "Which pairs have been together longest, and whom could each of them meet next?"
---*/
WITH sessions AS (
  -- Who coached whom does not matter: a pair is two people.
  SELECT event_id, week, site_id AS site, occurred_at,
         LEAST(person_id, partner_id) AS one, GREATEST(person_id, partner_id) AS other
  FROM training_events
  WHERE verb = 'attended' AND role = 'coach' AND format IN ('peer', 'coaching') AND partner_id IS NOT NULL
),
judged AS (
  SELECT held.event_id, held.week, held.site, COUNT(earlier.event_id) AS long_ago
  FROM sessions AS held
  LEFT JOIN sessions AS earlier
    ON earlier.one = held.one AND earlier.other = held.other
   AND earlier.occurred_at < held.occurred_at - INTERVAL '91 days'
   AND earlier.occurred_at >= held.occurred_at - INTERVAL '364 days'
  GROUP BY held.event_id, held.week, held.site
)
SELECT week, site, COUNT(*) FILTER (WHERE long_ago = 0) AS numerator, COUNT(*) AS denominator
FROM judged
GROUP BY week, site
