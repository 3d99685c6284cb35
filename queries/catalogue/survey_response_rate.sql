/*---
help        = "People who answered a survey before it closed, of those invited"
kind        = "ratio"
labels      = ["site"]
target      = 0.7  # no figure is published
direction   = "higher"
uncertainty = "wilson"
lagging     = { below = 0.5, weeks = 3 }
horizon     = { back = 5 }  # an answer counts in the week in which the survey was sent
group       = "leaders"
owner       = "people"
talk        = "What became of the last answers, and who told the team about it?"
---*/
WITH surveys AS (
  -- More people than were invited is a fault of the data: the row is bad, and is told. Without respondent_id each response
  -- stands for one respondent.
  SELECT sent.week, sent.site_id AS site, sent.survey_id, sent.invited,
         COUNT(DISTINCT COALESCE(answers.respondent_id, answers.response_id)) AS people
  FROM pulse_surveys AS sent
  LEFT JOIN pulse_responses AS answers
    ON answers.survey_id = sent.survey_id
   AND answers.submitted_at >= sent.sent_at
   AND (sent.closes_at IS NULL OR answers.submitted_at <= sent.closes_at)
   AND answers.submitted_at < sent.sent_at + INTERVAL '28 days'     -- or the horizon would have no end
  GROUP BY sent.week, sent.site_id, sent.survey_id, sent.invited
)
SELECT week, site, SUM(people) AS numerator, SUM(invited) AS denominator
FROM surveys
GROUP BY week, site
