/*---
# Every key of a metric. Keys after a # may be left out; their defaults are in [brackets].
# `bellwether query check` says what is wrong, queries/REFERENCE.md lists every key, table, column and function.
help        = "Quality of NAME, as the team rates it in short surveys"   # one sentence for people: what is measured
kind        = "mean"            # ratio: a share | mean: of respondents' scores | count: how many | rate: per so much
labels      = ["site"]          # columns that name a series: "site", and your own; never people
direction   = "higher"          # higher | lower is better
owner       = "somebody"        # who answers for it
# group       = "learning"      # which metrics it belongs with, in one word [a core metric]
# silence     = 13              # weeks without an event that make a site silent; more where they are rare [2]
uncertainty = "normal"          # none: a census | wilson: so many kept of so many due | normal: means [none]
privacy     = { minimum = 5 }   # fewest respondents; required where survey answers are read [none]
# per         = 200000          # of a rate alone: so many per so much of the denominator [1]
# unit        = "hours"         # of a rate alone: what the denominator counts [the number alone is said]
# target      = 0.75            # what the best reach, 0 to 1 [none: nothing is behind its peers or falling]
# lagging     = { below = 0.60, weeks = 3 }   # when a site lags [no alarm]
# horizon     = { back = 0, ahead = 0 }       # weeks around its own that one row can change [0, 0]
# coverage    = 0.60            # least share of `expected` that must be `logged` [not judged]
# talk        = "What would make NAME better for the team?"   # for Monday, or one a reason: { below = "…", behind_peers = "…", falling = "…" } [nothing]
# team        = "site_ops"      # whose alerts they are, in one word [no team]
# severity    = "warning"       # info | warning | critical: how urgent an alert is [warning]
---*/
-- One row a week, site and label set, of sums alone: the engine divides, makes the bounds, rolls up, and judges.
-- `week` is the Monday of the site's own week. `$as_of` is the only clock; tables end at it.
WITH answers AS (
  SELECT week, site_id AS site, survey_id, respondent_id, response_id, score(items) AS score,
         -- Without respondent_id each response stands for one respondent.
         CASE WHEN respondent_id IS NULL THEN response_id END AS anonymous
  FROM pulse_responses
  WHERE instrument = 'culture'
),
rated AS (
  -- A person who answers every day still is one person: their own mean of the week counts, and counts once.
  SELECT week, site, survey_id, respondent_id,
         rounded_quotient(SUM(score) OVER person, COUNT(score) OVER person) AS mean,
         ROW_NUMBER() OVER (PARTITION BY week, site, respondent_id, anonymous ORDER BY response_id) = 1 AS counts
  FROM answers
  WINDOW person AS (PARTITION BY week, site, respondent_id, anonymous)
)
SELECT week, site,
       SUM(mean) FILTER (WHERE counts)   AS numerator,     -- of the respondents' means …
       COUNT(mean) FILTER (WHERE counts) AS denominator,   -- … so many
       SUM(exact_square(mean)) FILTER (WHERE counts) AS sum_squares,   -- the bounds are made of it
       respondents(respondent_id, survey_id) AS respondents            -- rows with too few are suppressed
FROM rated
GROUP BY week, site
