/*---
# Every key of a metric. Keys after a # may be left out; their defaults are in [brackets].
# `bellwether query check` says what is wrong, queries/REFERENCE.md lists every key, table, column and function.
help        = "Share of NAME"   # one sentence for people: what is measured
kind        = "ratio"           # ratio: a share | mean: of respondents' scores | count: how many | rate: per so much
labels      = ["site"]          # columns that name a series: "site", and your own; never people
direction   = "higher"          # higher | lower is better
owner       = "somebody"        # who answers for it
# group       = "learning"      # which metrics it belongs with, in one word [a core metric]
# silence     = 13              # weeks without an event that make a site silent; more where they are rare [2]
# per         = 200000          # of a rate alone: so many per so much of the denominator [1]
# unit        = "hours"         # of a rate alone: what the denominator counts [the number alone is said]
# target      = 0.45            # what the best reach, 0 to 1 [none: nothing is behind its peers or falling]
# lagging     = { below = 0.30, weeks = 3 }   # when a site lags [no alarm]
# uncertainty = "none"          # none: a census | wilson: so many kept of so many due | normal: means [none]
# horizon     = { back = 0, ahead = 0 }       # weeks around its own that one row can change [0, 0]
# coverage    = 0.60            # least share of `expected` that must be `logged` [not judged]
# privacy     = { minimum = 5 } # fewest respondents; required where survey answers are read [none]
# talk        = "What stood in the way of NAME?"   # for Monday, or one a reason: { below = "…", behind_peers = "…", falling = "…" } [nothing]
# team        = "site_ops"      # whose alerts they are, in one word [no team]
# severity    = "warning"       # info | warning | critical: how urgent an alert is [warning]
---*/
-- One row a week, site and label set, of sums alone: the engine divides, rolls up, and judges.
-- `week` is the Monday of the site's own week. `$as_of` is the only clock; tables end at it.
SELECT week, site,
       SUM(coaching) AS numerator,        -- seconds spent coaching …
       SUM(working)  AS denominator       -- … of the seconds worked
FROM (
  -- A leader's overlapping entries count once, so the union is taken per leader before leaders are summed.
  SELECT week, site_id AS site, leader_id,
         covered_seconds(starts_at, ends_at) FILTER (WHERE category = 'coaching') AS coaching,
         covered_seconds(starts_at, ends_at) AS working
  FROM calendar_audits
  WHERE status = 'confirmed' AND basis = 'actual' AND category <> 'leave'
  GROUP BY week, site_id, leader_id
)
GROUP BY week, site
