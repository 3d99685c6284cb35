/*---
help        = "Quality of pre-start meetings, as the team rates it in short surveys"
kind        = "mean"            # of respondents' own means of the week, each 0 to 1
labels      = ["site"]
target      = 0.75
direction   = "higher"
uncertainty = "normal"          # who answers varies from week to week
lagging     = { below = 0.60, weeks = 3 }
horizon     = { back = 0, ahead = 0 }
privacy     = { minimum = 5 }   # no answer may be attributable to a person
owner       = "operations"
talk.below        = "When did you last hear something in a pre-start that changed the plan of the day?"
talk.behind_peers = "Which site runs pre-starts that its people rate highly, and when could you stand in one?"
talk.falling      = "Who has led the pre-starts since then, and what has gone missing from them?"
---*/
WITH answers AS (
  SELECT week, site_id AS site, survey_id, respondent_id, response_id, score(items) AS score,
         -- Without respondent_id each response stands for one respondent.
         CASE WHEN respondent_id IS NULL THEN response_id END AS anonymous
  FROM pulse_responses
  WHERE instrument = 'prestart'
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
       SUM(mean) FILTER (WHERE counts) AS numerator,
       COUNT(mean) FILTER (WHERE counts) AS denominator,
       SUM(exact_square(mean)) FILTER (WHERE counts) AS sum_squares,
       respondents(respondent_id, survey_id) AS respondents
FROM rated
GROUP BY week, site
