/*---
help        = "Share of a staff group's people who took part in learning in the week"
kind        = "ratio"
labels      = ["site", "staff_group"]
direction   = "higher"
uncertainty = "wilson"
group       = "inclusion"
owner       = "people"
talk        = "Who was never asked to take part, and what would have to change in their shift?"
---*/
WITH people AS (
  SELECT week, site_id AS site, staff_group, SUM(people) AS people
  FROM headcounts
  GROUP BY week, site_id, staff_group
),
learners AS (
  SELECT week, site_id AS site, staff_group, COUNT(DISTINCT person_id) AS learners
  FROM training_events
  WHERE verb = 'attended' AND role = 'learner' AND staff_group IS NOT NULL
  GROUP BY week, site_id, staff_group
)
-- Groups of fewer than five people are left out, so that nobody is pointed at.
SELECT people.week, people.site, people.staff_group,
       SUM(COALESCE(learners.learners, 0)) AS numerator, SUM(people.people) AS denominator
FROM people
LEFT JOIN learners
  ON learners.week = people.week AND learners.site = people.site AND learners.staff_group = people.staff_group
WHERE people.people >= 5
GROUP BY people.week, people.site, people.staff_group
