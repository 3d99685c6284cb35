/*---
help        = "Share of a week's programmes that only the most junior band attended"
kind        = "ratio"
labels      = ["site"]
direction   = "lower"
group       = "hierarchy"
owner       = "learning"
talk        = "Which programme of this month could a senior person sit in, or lead?"
---*/
WITH programmes AS (
  -- Name your own lowest band here.
  SELECT week, site_id AS site, program_id,
         COUNT(*) FILTER (WHERE tenure_band = 'under 2 years') AS juniors, COUNT(*) AS learners
  FROM training_events
  WHERE verb = 'attended' AND role = 'learner' AND tenure_band IS NOT NULL
  GROUP BY week, site_id, program_id
)
SELECT week, site, COUNT(*) FILTER (WHERE juniors = learners) AS numerator, COUNT(*) AS denominator
FROM programmes
GROUP BY week, site
