/*---
help        = "Share who strongly agree that they have opportunities to learn and grow"
kind        = "ratio"
labels      = ["site"]
target      = 0.4  # 4 in 10 in the opinion poll
direction   = "higher"
uncertainty = "wilson"
lagging     = { below = 0.25, weeks = 3 }
privacy     = { minimum = 5 }   # no answer may be attributable to a person
group       = "learning"
owner       = "people"
talk        = "What did the people who disagree want to learn, and who has asked them?"
---*/
WITH marks AS (
  SELECT week, site_id AS site, survey_id, respondent_id, response_id, UNNEST(items) AS mark
  FROM pulse_responses
  WHERE instrument = 'opportunity_to_learn'
),
answers AS (
  SELECT week, site, survey_id, respondent_id, response_id,
         CASE WHEN respondent_id IS NULL THEN response_id END AS anonymous,
         CASE WHEN mark['score'] = mark['max'] THEN 1 ELSE 0 END AS top
  FROM marks
  WHERE mark['item'] = 'learn_and_grow'
),
people AS (
  -- A person counts once a week, as one who strongly agrees if every answer of the week says so.
  SELECT week, site, survey_id, respondent_id,
         MIN(top) OVER (PARTITION BY week, site, respondent_id, anonymous) AS strongly,
         ROW_NUMBER() OVER (PARTITION BY week, site, respondent_id, anonymous ORDER BY response_id) = 1 AS counts
  FROM answers
)
SELECT week, site,
       SUM(CASE WHEN counts THEN strongly ELSE 0 END) AS numerator,
       COUNT(*) FILTER (WHERE counts) AS denominator,
       respondents(respondent_id, survey_id) AS respondents
FROM people
GROUP BY week, site
