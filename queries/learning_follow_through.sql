/*---
help        = "Share of learning commitments that were kept by their due time"
kind        = "ratio"           # commitments kept of commitments due
labels      = ["site"]
target      = 0.80              # what peer coaching reaches
direction   = "higher"
uncertainty = "wilson"          # few fall due in a week
lagging     = { below = 0.65, weeks = 3 }
horizon     = { back = 1, ahead = 53 }  # sites lie in different zones; a due time lies up to 52 weeks after what decides it
owner       = "learning"
talk.below        = "Which commitments were not kept, and what would have made them small enough to keep?"
talk.behind_peers = "Who reminds people at the sites that keep theirs, and when?"
talk.falling      = "What changed since then: do people commit to more, or get less time for it?"
---*/
WITH due AS (
  -- The week is that of the due time at the site, not that of the commitment.
  SELECT committed.event_id, committed.commitment_id, committed.site_id AS site, committed.occurred_at, committed.due_at,
         week_in(committed.due_at, sites.timezone) AS week
  FROM training_events AS committed
  LEFT JOIN sites ON sites.site_id = committed.site_id
  WHERE committed.verb = 'committed' AND committed.due_at <= $as_of
),
judged AS (
  -- Of two commitments of the same moment the one with the smaller event_id is the earlier: ids are compared as they are
  -- stored, as pseudonyms, so which of the two it is follows from the lake's key.
  -- All that happened to the commitment in the 52 weeks up to its due time; the commitment itself is always among it.
  SELECT due.event_id, due.week, due.site,
         COUNT(*) FILTER (WHERE other.verb = 'applied') AS applied,         -- also before the commitment was made
         COUNT(*) FILTER (WHERE other.verb = 'withdrawn' AND other.occurred_at < due.due_at) AS withdrawn,
         COUNT(*) FILTER (WHERE other.verb = 'committed'
                            AND (other.occurred_at < due.occurred_at
                                 OR (other.occurred_at = due.occurred_at AND other.event_id < due.event_id))) AS earlier
  FROM due
  JOIN training_events AS other
    ON other.commitment_id = due.commitment_id
   AND other.occurred_at >= due.due_at - INTERVAL '364 days'
   AND other.occurred_at <= due.due_at
  GROUP BY due.event_id, due.week, due.site
)
-- `missed` is not looked at: what was applied in time was kept, whatever else was said.
SELECT week, site, SUM(CASE WHEN applied > 0 THEN 1 ELSE 0 END) AS numerator, COUNT(*) AS denominator
FROM judged
WHERE withdrawn = 0 AND earlier = 0
GROUP BY week, site
