/*---
help        = "Gap in participation in learning between a site's best and worst served staff groups"
kind        = "ratio"
labels      = ["site"]
target      = 0.2  # no figure is published
direction   = "lower"
lagging     = { below = 0.5, weeks = 4 }
group       = "inclusion"
owner       = "people"
talk        = "Which staff group is left out of learning, and what keeps it out: time, place or language?"
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
),
shares AS (
  -- Groups of fewer than five people are left out: a gap to them would point at people.
  SELECT people.week, people.site,
         rounded_quotient(LEAST(COALESCE(learners.learners, 0), people.people), people.people) AS share
  FROM people
  LEFT JOIN learners
    ON learners.week = people.week AND learners.site = people.site AND learners.staff_group = people.staff_group
  WHERE people.people >= 5
),
gaps AS (
  SELECT week, site, MAX(share) - MIN(share) AS gap
  FROM shares
  GROUP BY week, site
  HAVING COUNT(*) > 1
)
-- A gap is no sum: what adds up are the gaps of weeks and sites, each of which counts once.
SELECT week, site, SUM(gap) AS numerator, COUNT(*) AS denominator
FROM gaps
GROUP BY week, site
