"""The three queries and the union of intervals in chDB, which is ClickHouse in a process."""

import chdb
import pyarrow
from chdb import session
from common import DAY, DAYS, EARLIEST, FIRST_MONDAY, WEEK, main, zone_weeks


def connect(spec):
    con = session.Session()
    con.query(f"SET max_threads = {spec.threads}")
    con.query(f"SET max_memory_usage = {spec.memory_gb * (1 << 30)}")
    con.query(f"SET max_bytes_before_external_group_by = {spec.memory_gb * (1 << 29)}")
    con.query("SET join_use_nulls = 1")
    return con


NULLABLE = {"respondent_id", "commitment_id", "due_at"}


def latest(spec, table, key, columns):
    """One row a key: the greatest by revision, then recorded_at. (Ties are repeated deliveries in these data.)"""
    # A number orders faster than a tuple, and columns one by one faster than as a tuple. NULL is passed over by argMax,
    # so a column that may be NULL is wrapped.
    order = "bitShiftLeft(toInt128(revision), 64) + toUnixTimestamp64Micro(recorded_at)"
    newest = ", ".join(f"argMax({'tuple' * (name in NULLABLE)}({name}), {order}) AS {name}_" for name in columns)
    out = ", ".join(f"{name}_{'.1' * (name in NULLABLE)} AS {name}" for name in columns)
    rows = f"file('{spec.pattern(table)}', Parquet)"
    return f"(SELECT {key}, {out} FROM (SELECT {key}, {newest} FROM {rows} GROUP BY {key}))"


def micros(column):
    return f"toUnixTimestamp64Micro({column})"


def prepare(con, spec):
    for table, key in [("sites", "site_id"), ("leaders", "leader_id")]:
        con.query(
            f"""CREATE TABLE {table} ENGINE = Memory AS SELECT * FROM file('{spec.lake}/{table}/part-*.parquet', Parquet)
            ORDER BY _ingested_at DESC, _offset DESC LIMIT 1 BY {key}"""
        )
    zones = con.query("SELECT DISTINCT timezone FROM sites", "CSV").bytes().decode().replace('"', "").split()
    weeks = zone_weeks(set(zones) | {"UTC"}, spec.first, spec.as_of + 60 * DAY)
    con.query("CREATE TABLE zone_weeks (zone String, k Int64, start Int64, next Int64) ENGINE = Memory")
    values = ", ".join(f"('{zone}', {k}, {start}, {after})" for zone, k, start, after in weeks)
    con.query(f"INSERT INTO zone_weeks VALUES {values}")


def in_weeks(rows, at):
    """Rows with the week of a moment at their site, and where the next week begins."""
    return f"""(SELECT r.*, if({at} >= w.start, w.k, w.k - 1) AS week, if({at} >= w.start, w.next, w.start) AS next
        FROM (SELECT r.*, coalesce(z.timezone, 'UTC') AS zone,
                     intDiv(r.{at} + {EARLIEST - FIRST_MONDAY}, {WEEK}) AS place
              FROM {rows} AS r LEFT JOIN sites AS z ON z.site_id = r.site_id) AS r
        INNER JOIN zone_weeks AS w ON w.zone = r.zone AND w.k = r.place)"""


def field_time(spec):
    columns = ["site_id", "leader_id", "basis", "category", "status", "starts_at", "ends_at"]
    current = latest(spec, "calendar_audits", "entry_id", columns)
    visible = f"""(SELECT site_id, leader_id, category, {micros("starts_at")} AS s,
               least({micros("ends_at")}, {spec.as_of}) AS e
        FROM {current} WHERE s <= {spec.as_of} AND status = 'confirmed' AND basis = 'actual')"""
    return f"""
    WITH diary AS (
        SELECT piece.1 AS of_week, site_id, leader_id,
               intervalLengthSumIf(piece.2, piece.3, category = 'field') AS field,
               intervalLengthSumIf(piece.2, piece.3, category <> 'leave') AS working,
               intervalLengthSum(piece.2, piece.3) AS logged
        FROM (SELECT site_id, leader_id, category,
                     arrayJoin(if(e > next, [(week, s, next), (week + 1, next, e)], [(week, s, e)])) AS piece
              FROM {in_weeks(visible, "s")} WHERE e > s)
        GROUP BY of_week, site_id, leader_id
    ),
    weeks AS (
        SELECT of_week AS week, site_id, sum(field) AS field, sum(working) AS working FROM diary GROUP BY week, site_id
    ),
    posts AS (
        SELECT w.week AS week, w.site_id AS site_id, l.leader_id AS leader_id,
               assumeNotNull(toInt64(round(l.weekly_hours * 3600000000))) AS contracted,
               toDate32('1970-01-05') + 7 * w.week AS monday,
               if(empty(z.working_days), {DAYS[:5]}, z.working_days) AS works, -- NULL is read as an empty list
               greatest(ifNull(l.`from`, toDate32('1900-01-01')), ifNull(z.opened_on, toDate32('1900-01-01'))) AS first,
               least(ifNull(l.`to`, toDate32('2299-12-31')), ifNull(z.closed_on, toDate32('2299-12-31'))) AS last
        FROM weeks AS w INNER JOIN leaders AS l ON l.site_id = w.site_id LEFT JOIN sites AS z ON z.site_id = w.site_id
        WHERE l.weekly_hours IS NOT NULL
    ),
    -- Nanoseconds, halves rounded away from zero. Nobody's calendar counts for more than is expected of them.
    expected AS (
        SELECT week, site_id, leader_id,
               toInt64(arrayCount(d -> has(works, {DAYS}[d + 1]), range(7))) AS of_days,
               toInt64(arrayCount(d -> has(works, {DAYS}[d + 1]) AND monday + d >= first AND monday + d <= last,
                                  range(7))) AS days,
               intDiv(2000 * contracted * days + of_days, 2 * of_days) AS expected
        FROM posts
    ),
    coverage AS (
        SELECT e.week AS week, e.site_id AS site_id, sum(e.expected) AS expected,
               sum(least(1000 * ifNull(toInt64(d.logged), 0), e.expected)) AS logged
        FROM expected AS e
        LEFT JOIN diary AS d ON d.of_week = e.week AND d.site_id = e.site_id AND d.leader_id = e.leader_id
        GROUP BY week, site_id
    )
    SELECT w.week, w.site_id, toInt64(w.field), toInt64(w.working),
           intDiv(toInt64(coalesce(c.logged, 0)), 1000), intDiv(toInt64(coalesce(c.expected, 0)), 1000)
    FROM weeks AS w LEFT JOIN coverage AS c ON c.week = w.week AND c.site_id = w.site_id WHERE w.working > 0"""


def learning_follow_through(spec):
    columns = ["site_id", "verb", "occurred_at", "commitment_id", "due_at"]
    events = f"""(SELECT event_id, site_id, verb, {micros("occurred_at")} AS occurred, commitment_id,
               {micros("due_at")} AS due
        FROM {latest(spec, "training_events", "event_id", columns)} WHERE occurred <= {spec.as_of})"""
    return f"""
    CREATE OR REPLACE TABLE events ENGINE = Memory AS SELECT * FROM {events};
    SELECT week, site_id, toInt64(countIf(applied > 0)), toInt64(count()) FROM (
        SELECT d.event_id AS event_id, d.week AS week, d.site_id AS site_id,
               countIf(o.verb = 'applied') AS applied,
               countIf(o.verb = 'withdrawn' AND o.occurred < d.due) AS withdrawn,
               countIf(o.verb = 'committed' AND (o.occurred < d.occurred
                       OR (o.occurred = d.occurred AND o.event_id < d.event_id))) AS earlier
        FROM {in_weeks(f"(SELECT event_id, site_id, commitment_id, occurred, assumeNotNull(due) AS due FROM events WHERE verb = 'committed' AND due <= {spec.as_of})", "due")} AS d
        INNER JOIN (SELECT * FROM events WHERE commitment_id IS NOT NULL) AS o ON o.commitment_id = d.commitment_id
        WHERE o.occurred >= d.due - {364 * DAY} AND o.occurred <= d.due
        GROUP BY d.event_id, d.week, d.site_id)
    WHERE withdrawn = 0 AND earlier = 0 GROUP BY week, site_id"""


def prestart_quality(spec):
    columns = ["survey_id", "instrument", "site_id", "respondent_id", "submitted_at", "items"]
    current = latest(spec, "pulse_responses", "response_id", columns)
    # Scores are kept as whole billionths, so that sums are exact.
    score = "arrayAvg(i -> (i.score - i.min) / (i.max - i.min), items)"
    visible = f"""(SELECT response_id, survey_id, site_id, respondent_id, {micros("submitted_at")} AS s,
               toInt64(round({score} * 1e9)) AS score
        FROM {current} WHERE s <= {spec.as_of} AND instrument = 'prestart')"""
    return f"""
    CREATE OR REPLACE TABLE answers ENGINE = Memory AS SELECT * FROM {in_weeks(visible, "s")};
    WITH people AS (
        SELECT week, site_id, intDiv(2 * sum(score) + toInt64(count()), 2 * toInt64(count())) AS mean
        FROM answers GROUP BY week, site_id, respondent_id, if(respondent_id IS NULL, response_id, NULL)
    ),
    surveys AS (SELECT week, site_id, survey_id, count() AS answers FROM answers GROUP BY week, site_id, survey_id),
    largest AS (SELECT week, site_id, max(answers) AS answers FROM surveys GROUP BY week, site_id),
    named AS (
        SELECT week, site_id, uniqExact(respondent_id) AS people, max(respondent_id IS NULL) AS unnamed
        FROM answers GROUP BY week, site_id
    )
    SELECT p.week, p.site_id, sum(mean), toInt64(count()), toString(sum(toInt128(mean) * mean)),
           toInt64(any(if(unnamed, l.answers, n.people)))
    FROM people AS p INNER JOIN largest AS l ON l.week = p.week AND l.site_id = p.site_id
    INNER JOIN named AS n ON n.week = p.week AND n.site_id = p.site_id
    GROUP BY p.week, p.site_id"""


def full(spec):
    con = connect(spec)

    def run(query, first=False):
        def go():
            if first:
                prepare(con, spec)
            statements = query(spec).split(";")
            for statement in statements[:-1]:
                con.query(statement)
            found = con.query(statements[-1], "ArrowStream").bytes()
            table = pyarrow.ipc.open_stream(found).read_all()
            text = lambda v: v.decode() if isinstance(v, bytes) else v
            return lambda: ([text(v) for v in row] for row in zip(*[c.to_pylist() for c in table.columns]))

        return go

    return {
        "field_time": run(field_time, True),
        "learning_follow_through": run(learning_follow_through),
        "prestart_quality": run(prestart_quality),
    }


def covered(spec):
    con = connect(spec)
    query = f"""SELECT count(), sum(covered) FROM (
        SELECT g, intervalLengthSum({micros("starts_at")}, {micros("ends_at")}) AS covered
        FROM file('{spec.intervals}', Parquet) GROUP BY g)"""
    return {"interval_length_sum": lambda: con.query(query, "CSV").bytes().decode().strip().split(",")}


if __name__ == "__main__":
    main(chdb.__version__, full, covered)
