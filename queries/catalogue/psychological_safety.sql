/*---
help        = "Psychological safety, as teams rate it in short surveys"
kind        = "mean"
labels      = ["site"]
target      = 0.75  # no figure is published
direction   = "higher"
uncertainty = "normal"
lagging     = { below = 0.6, weeks = 3 }
privacy     = { minimum = 5 }   # no answer may be attributable to a person
group       = "inclusion"
owner       = "people"
talk        = "When did somebody last disagree with you in front of others, and what happened next?"
---*/
WITH answers AS (
  SELECT week, site_id AS site, survey_id, respondent_id, response_id, score(items) AS score,
         -- Without respondent_id each response stands for one respondent.
         CASE WHEN respondent_id IS NULL THEN response_id END AS anonymous
  FROM pulse_responses
  WHERE instrument = 'psychological_safety'
),
rated AS (
  -- A person counts once a week, with their own mean of it.
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
