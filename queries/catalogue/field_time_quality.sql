/*---
help        = "Quality of leaders' time in the field, as the team rates it in short surveys"
kind        = "mean"
labels      = ["site"]
target      = 0.7  # no figure is published: what good sites here reach
direction   = "higher"
uncertainty = "normal"
lagging     = { below = 0.55, weeks = 3 }
privacy     = { minimum = 5 }   # no answer may be attributable to a person
group       = "leaders"
owner       = "operations"
talk        = "What did your people last get from your hour in the field, by their own words?"
---*/
WITH answers AS (
  SELECT week, site_id AS site, survey_id, respondent_id, response_id, score(items) AS score,
         -- Without respondent_id each response stands for one respondent.
         CASE WHEN respondent_id IS NULL THEN response_id END AS anonymous
  FROM pulse_responses
  WHERE instrument IN ('field_time', 'field_visit')
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
