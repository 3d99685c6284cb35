/*---
help        = "Share of a site leader's working time spent in the field"
kind        = "ratio"           # seconds in the field of seconds worked
labels      = ["site"]
target      = 0.45              # what the best site leaders reach
direction   = "higher"
uncertainty = "none"            # a census: measured time, not a sample
lagging     = { below = 0.30, weeks = 3 }
horizon     = { back = 0, ahead = 0 }   # an entry counts in the weeks it lies in, and in no other
coverage    = 0.60              # calendars with less of the contracted hours in them say little
owner       = "operations"
talk.below        = "What would have to stop so that two more hours a day are spent in the field?"
talk.behind_peers = "What do leaders at the sites around the middle leave out, so that they are in the field?"
talk.falling      = "What came into the calendar since then, and who could do it instead?"
---*/
WITH diaries AS (
  -- Overlapping entries of a leader count once, so the union is taken per leader before sites are summed.
  SELECT week, site_id AS site, leader_id,
         covered_seconds(starts_at, ends_at) FILTER (WHERE category = 'field') AS field,
         covered_seconds(starts_at, ends_at) FILTER (WHERE category <> 'leave') AS working,
         covered_seconds(starts_at, ends_at) AS logged      -- leave included: a week off is a week accounted for
  FROM calendar_audits
  WHERE status = 'confirmed' AND basis = 'actual'
  GROUP BY week, site_id, leader_id
),
posts AS (
  -- Whom the site employs, empty calendars too, and on how many of the week's working days: those on which the leader is in
  -- post and the site is open. A site that `sites` does not know is open from Monday to Friday.
  SELECT weeks.week, weeks.site, leaders.leader_id,
         CAST(leaders.weekly_hours * 3600 AS DECIMAL(18, 6)) AS contracted,
         working_days_in(weeks.week, sites.working_days,
                         GREATEST(leaders."from", sites.opened_on), LEAST(leaders."to", sites.closed_on)) AS days,
         working_days_in(weeks.week, sites.working_days) AS of_days
  FROM (SELECT DISTINCT week, site FROM diaries) AS weeks
  JOIN leaders ON leaders.site_id = weeks.site
  LEFT JOIN sites ON sites.site_id = weeks.site
),
people AS (
  -- Of a leader without a record here, or without hours in it, nothing is expected: what they did counts in the metric, what
  -- they logged does not count in how complete the calendars are.
  SELECT week, site, leader_id, SUM(field) AS field, SUM(working) AS working,
         SUM(logged) AS logged, SUM(expected) AS expected
  FROM (
    SELECT week, site, leader_id, field, working, logged, 0 AS expected FROM diaries
    UNION ALL
    SELECT week, site, leader_id, 0, 0, 0, rounded_quotient(contracted * days, of_days) FROM posts
  )
  GROUP BY week, site, leader_id
)
-- Nobody's calendar makes up for another one's: each counts up to what is expected of that leader.
SELECT week, site, SUM(field) AS numerator, SUM(working) AS denominator,
       SUM(LEAST(logged, expected)) AS logged, SUM(expected) AS expected
FROM people
GROUP BY week, site
