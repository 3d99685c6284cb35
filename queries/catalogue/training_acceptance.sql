/*---
help        = "Share of trainings assigned that the person attended within four weeks, by tenure band"
kind        = "ratio"
labels      = ["site", "tenure_band"]
target      = 0.8  # no figure is published
direction   = "higher"
uncertainty = "wilson"
horizon     = { back = 1, ahead = 5 }  # an offer counts in the week in which its four weeks are over
group       = "hierarchy"
owner       = "learning"
talk        = "Which offers were turned down, and was it the topic, the hour or the cover on the shift?"
---*/
WITH offers AS (
  SELECT offer.event_id, offer.site_id AS site, offer.tenure_band, offer.person_id, offer.program_id, offer.occurred_at,
         week_in(offer.occurred_at + INTERVAL '28 days', sites.timezone) AS week
  FROM training_events AS offer
  LEFT JOIN sites ON sites.site_id = offer.site_id
  WHERE offer.verb = 'assigned' AND offer.tenure_band IS NOT NULL AND offer.occurred_at + INTERVAL '28 days' <= $as_of
),
judged AS (
  SELECT offers.event_id, offers.week, offers.site, offers.tenure_band, COUNT(taken.event_id) AS taken
  FROM offers
  LEFT JOIN training_events AS taken
    ON taken.person_id = offers.person_id AND taken.program_id = offers.program_id AND taken.verb = 'attended'
   AND taken.occurred_at >= offers.occurred_at
   AND taken.occurred_at <= offers.occurred_at + INTERVAL '28 days'
  GROUP BY offers.event_id, offers.week, offers.site, offers.tenure_band
)
SELECT week, site, tenure_band, COUNT(*) FILTER (WHERE taken > 0) AS numerator, COUNT(*) AS denominator
FROM judged
GROUP BY week, site, tenure_band
