/*---
# Every key of a metric. Keys after a # may be left out; their defaults are in [brackets].
# `bellwether query check` says what is wrong, queries/REFERENCE.md lists every key, table, column and function.
help        = "NAME"            # one sentence for people: what is measured; what it is per is said by itself
kind        = "rate"            # ratio: a share | mean: of respondents' scores | count: how many | rate: per so much
per         = 200000            # so many of the numerator per so much of the denominator [1]
unit        = "hours"           # what the denominator counts: "per 200,000 hours" [the number alone is said]
labels      = ["site"]          # columns that name a series: "site", and your own; never people
direction   = "lower"           # higher | lower is better
owner       = "somebody"        # who answers for it
# group       = "learning"      # which metrics it belongs with, in one word [a core metric]
# silence     = 13              # weeks without an event that make a site silent; more where they are rare [2]
uncertainty = "poisson"         # none: a census | poisson: events that happen by chance | normal: means [none]
# target      = 2               # what the best reach, 0 or more [none: nothing is behind its peers or falling]
# lagging     = { below = 4, weeks = 3 }      # when a site lags [no alarm]
# horizon     = { back = 0, ahead = 0 }       # weeks around its own that one row can change [0, 0]
# coverage    = 0.60            # least share of `expected` that must be `logged` [not judged]
# privacy     = { minimum = 5 } # fewest respondents; required where survey answers are read [none]
# talk        = "What would bring NAME to where the others are?"   # for Monday, or one a reason: { below = "…", behind_peers = "…", falling = "…" } [nothing]
# team        = "site_ops"      # whose alerts they are, in one word [no team]
# severity    = "warning"       # info | warning | critical: how urgent an alert is [warning]
---*/
-- One row a week, site and label set, of sums alone: the engine divides, rolls up, and judges.
-- `week` is the Monday of the site's own week. `$as_of` is the only clock; tables end at it.
SELECT week, site_id AS site,
       -- Recordable incidents. A sum of no rows is NULL, and NULL is not 0: hence CASE … ELSE 0, and not FILTER.
       SUM(CASE WHEN kind = 'recordable_incident' THEN CAST(value AS BIGINT) ELSE 0 END) AS numerator,
       -- Hours worked. An incident without hours has no value, and is named as a bad row.
       SUM(CASE WHEN kind = 'hours_worked' THEN CAST(value AS DECIMAL(18, 3)) ELSE 0 END) AS denominator
FROM outcomes
WHERE kind IN ('recordable_incident', 'hours_worked')
GROUP BY week, site_id
