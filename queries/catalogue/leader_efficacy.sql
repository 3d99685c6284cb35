/*---
help        = "Share of site-weeks with both: 40 % of leaders' time in the field, and pre-starts rated 70 % or better"
kind        = "ratio"
labels      = ["site"]
target      = 0.8  # no figure is published: four weeks of five
direction   = "higher"
privacy     = { minimum = 5 }   # no answer may be attributable to a person
group       = "leaders"
owner       = "operations"
talk        = "Which of the two is missing, the hours in the field or what the team gets out of them?"
---*/
WITH diaries AS (
  SELECT week, site_id AS site, leader_id,
         covered_seconds(starts_at, ends_at) FILTER (WHERE category = 'field') AS field,
         covered_seconds(starts_at, ends_at) AS working
  FROM calendar_audits
  WHERE status = 'confirmed' AND basis = 'actual' AND category <> 'leave'
  GROUP BY week, site_id, leader_id
),
sites_time AS (
  SELECT week, site, SUM(field) AS field, SUM(working) AS working
  FROM diaries
  GROUP BY week, site
  HAVING SUM(working) > 0
),
answers AS (
  SELECT week, site_id AS site, survey_id, respondent_id, response_id, score(items) AS score,
         CASE WHEN respondent_id IS NULL THEN response_id END AS anonymous
  FROM pulse_responses
  WHERE instrument = 'prestart'
),
rated AS (
  SELECT week, site, survey_id, respondent_id, response_id,
         rounded_quotient(SUM(score) OVER person, COUNT(score) OVER person) AS mean,
         ROW_NUMBER() OVER (PARTITION BY week, site, respondent_id, anonymous ORDER BY response_id) = 1 AS counts
  FROM answers
  WINDOW person AS (PARTITION BY week, site, respondent_id, anonymous)
),
judged AS (
  -- The same parts as of field_time and prestart_quality: products are compared, so nothing is rounded.
  SELECT rated.week, rated.site, rated.survey_id, rated.respondent_id,
         sites_time.field * 100 >= sites_time.working * 40
           AND SUM(CASE WHEN counts THEN mean ELSE 0 END) OVER of_week * 100
               >= SUM(CASE WHEN counts THEN 1 ELSE 0 END) OVER of_week * 70 AS both_hold,
         ROW_NUMBER() OVER (PARTITION BY rated.week, rated.site ORDER BY response_id) = 1 AS is_row
  FROM rated
  JOIN sites_time ON sites_time.week = rated.week AND sites_time.site = rated.site
  WINDOW of_week AS (PARTITION BY rated.week, rated.site)
)
SELECT week, site,
       SUM(CASE WHEN is_row AND both_hold THEN 1 ELSE 0 END) AS numerator,
       SUM(CASE WHEN is_row THEN 1 ELSE 0 END) AS denominator,
       respondents(respondent_id, survey_id) AS respondents
FROM judged
GROUP BY week, site
