"""The three queries and the union of intervals in DuckDB."""

import duckdb
import pyarrow
from common import DAYS, EARLIEST, FIRST_MONDAY, WEEK, main, zone_weeks


def connect(spec):
    con = duckdb.connect()
    con.execute(f"SET threads = {spec.threads}")
    con.execute(f"SET memory_limit = '{spec.memory_gb}GB'")
    con.execute(f"SET temp_directory = '{spec.temp}'")
    con.execute("SET preserve_insertion_order = false")
    return con


def reference(con, spec, table, key):
    con.execute(
        f"""CREATE TEMP TABLE {table} AS
        SELECT * FROM read_parquet({spec.files(table)!r}, hive_partitioning = false)
        QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _ingested_at DESC, _offset DESC) = 1"""
    )


def latest(spec, table, key, columns):
    """One row a key: the greatest by revision, then recorded_at. (Ties are repeated deliveries in these data.)"""
    packed = ", ".join(f"{name} := {value}" for name, value in columns.items())
    out = ", ".join(f"r.{name} AS {name}" for name in columns)
    return f"""(SELECT {key}, {out} FROM (
        SELECT {key}, arg_max(struct_pack({packed}), (revision::HUGEINT << 64) + epoch_us(recorded_at)) AS r
        FROM read_parquet('{spec.pattern(table)}', hive_partitioning = false) GROUP BY {key}))"""


def plain(*names):
    return {name: name for name in names}


def prepare(con, spec):
    reference(con, spec, "sites", "site_id")
    reference(con, spec, "leaders", "leader_id")
    zones = {row[0] for row in con.execute("SELECT DISTINCT timezone FROM sites").fetchall()} | {"UTC"}
    weeks = zone_weeks(zones, spec.first, spec.as_of + 60 * 86_400_000_000)
    con.execute("CREATE TEMP TABLE zone_weeks (zone VARCHAR, k BIGINT, start BIGINT, next BIGINT)")
    columns = list(zip(*weeks))
    weeks = pyarrow.table(dict(zip(["zone", "k", "start", "next"], map(list, columns))))
    con.register("weeks_arrow", weeks)
    con.execute("INSERT INTO zone_weeks SELECT * FROM weeks_arrow")


def in_weeks(rows, at):
    """Rows with the week of a moment at their site, and where the next week begins."""
    return f"""(SELECT r.*, CASE WHEN {at} >= w.start THEN w.k ELSE w.k - 1 END AS week,
               CASE WHEN {at} >= w.start THEN w.next ELSE w.start END AS next
        FROM {rows} AS r LEFT JOIN sites AS z ON z.site_id = r.site_id
        JOIN zone_weeks AS w ON w.zone = coalesce(z.timezone, 'UTC')
         AND w.k = ({at} + {EARLIEST - FIRST_MONDAY}) // {WEEK})"""


def field_time(con, spec):
    columns = plain("site_id", "leader_id", "category") | {
        "counts": "status = 'confirmed' AND basis = 'actual'",
        "s": "epoch_us(starts_at)",
        "e": f"least(epoch_us(ends_at), {spec.as_of})",
    }
    current = latest(spec, "calendar_audits", "entry_id", columns)
    visible = f"(SELECT site_id, leader_id, category, s, e FROM {current} WHERE s <= {spec.as_of} AND counts)"
    return f"""
    WITH placed AS MATERIALIZED (SELECT * FROM {in_weeks(visible, "r.s")}),
    pieces AS (
        SELECT week, site_id, leader_id, category, s, least(e, next) AS e FROM placed WHERE e > s
        UNION ALL
        SELECT week + 1, site_id, leader_id, category, next, e FROM placed WHERE e > next
    ),
    reached AS (
        SELECT week, site_id, leader_id, category, s, e,
               max(e) FILTER (WHERE category = 'field') OVER before AS field,
               max(e) FILTER (WHERE category <> 'leave') OVER before AS working,
               max(e) OVER before AS logged
        FROM pieces
        WINDOW before AS (PARTITION BY week, site_id, leader_id ORDER BY s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ),
    diary AS (
        SELECT week, site_id, leader_id,
               sum(greatest(0, e - greatest(s, coalesce(field, s)))) FILTER (WHERE category = 'field') AS field,
               sum(greatest(0, e - greatest(s, coalesce(working, s)))) FILTER (WHERE category <> 'leave') AS working,
               sum(greatest(0, e - greatest(s, coalesce(logged, s)))) AS logged
        FROM reached GROUP BY week, site_id, leader_id
    ),
    weeks AS (SELECT week, site_id, sum(field) AS field, sum(working) AS working FROM diary GROUP BY week, site_id),
    posts AS (
        SELECT w.week, w.site_id, l.leader_id, CAST(l.weekly_hours * 3600000000 AS BIGINT) AS contracted,
               DATE '1970-01-05' + CAST(7 * w.week AS INTEGER) AS monday, coalesce(z.working_days, {DAYS[:5]}) AS works,
               greatest(l."from", z.opened_on) AS first, least(l."to", z.closed_on) AS last
        FROM weeks AS w JOIN leaders AS l ON l.site_id = w.site_id LEFT JOIN sites AS z ON z.site_id = w.site_id
        WHERE l.weekly_hours IS NOT NULL
    ),
    counted AS (
        SELECT *, len(list_filter(range(7), lambda d: list_contains(works, {DAYS}[d + 1]))) AS of_days,
               len(list_filter(range(7), lambda d: list_contains(works, {DAYS}[d + 1])
                   AND coalesce(monday + CAST(d AS INTEGER) >= first, true)
                   AND coalesce(monday + CAST(d AS INTEGER) <= last, true))) AS days
        FROM posts
    ),
    -- Nanoseconds, halves rounded away from zero; nobody's calendar counts for more than is expected of them.
    expected AS (
        SELECT week, site_id, leader_id, (2000 * contracted * days + of_days) // (2 * of_days) AS expected FROM counted
    ),
    coverage AS (
        SELECT week, site_id, sum(least(coalesce(logged, 0) * 1000, expected)) AS logged, sum(expected) AS expected
        FROM expected LEFT JOIN diary USING (week, site_id, leader_id) GROUP BY week, site_id
    )
    SELECT week, site_id, coalesce(field, 0), working, coalesce(c.logged, 0) // 1000, coalesce(c.expected, 0) // 1000
    FROM weeks LEFT JOIN coverage AS c USING (week, site_id) WHERE working > 0"""


def learning_follow_through(con, spec):
    columns = plain("site_id", "verb", "commitment_id") | {
        "occurred": "epoch_us(occurred_at)",
        "due": "epoch_us(due_at)",
    }
    year = 364 * 86_400_000_000
    return f"""
    WITH events AS MATERIALIZED (
        SELECT * FROM {latest(spec, "training_events", "event_id", columns)} WHERE occurred <= {spec.as_of}
    ),
    due AS (SELECT * FROM {in_weeks(f"(SELECT * FROM events WHERE verb = 'committed' AND due <= {spec.as_of})", "r.due")}),
    judged AS (
        SELECT d.event_id, d.week, d.site_id,
               count(*) FILTER (WHERE o.verb = 'applied') AS applied,
               count(*) FILTER (WHERE o.verb = 'withdrawn' AND o.occurred < d.due) AS withdrawn,
               count(*) FILTER (WHERE o.verb = 'committed' AND (o.occurred < d.occurred
                                OR (o.occurred = d.occurred AND o.event_id < d.event_id))) AS earlier
        FROM due AS d JOIN events AS o ON o.commitment_id = d.commitment_id
         AND o.occurred >= d.due - {year} AND o.occurred <= d.due
        GROUP BY d.event_id, d.week, d.site_id
    )
    SELECT week, site_id, sum(CASE WHEN applied > 0 THEN 1 ELSE 0 END), count(*)
    FROM judged WHERE withdrawn = 0 AND earlier = 0 GROUP BY week, site_id"""


def prestart_quality(con, spec):
    columns = plain("survey_id", "instrument", "site_id", "respondent_id", "items") | {"s": "epoch_us(submitted_at)"}
    current = latest(spec, "pulse_responses", "response_id", columns)
    # Scores are kept as whole billionths, so that sums are exact.
    visible = f"""(SELECT response_id, survey_id, site_id, respondent_id, s,
            CAST(round(list_avg(list_transform(items, lambda i: (i.score - i.min) / (i.max - i.min))) * 1e9) AS BIGINT) AS score
        FROM {current} WHERE s <= {spec.as_of} AND instrument = 'prestart')"""
    return f"""
    WITH answers AS MATERIALIZED (SELECT * FROM {in_weeks(visible, "r.s")}),
    people AS (
        SELECT week, site_id, (2 * sum(score) + count(*)) // (2 * count(*)) AS mean
        FROM answers
        GROUP BY week, site_id, respondent_id, CASE WHEN respondent_id IS NULL THEN response_id END
    ),
    surveys AS (SELECT week, site_id, count(*) AS answers FROM answers GROUP BY week, site_id, survey_id),
    largest AS (SELECT week, site_id, max(answers) AS answers FROM surveys GROUP BY week, site_id),
    named AS (
        SELECT week, site_id, count(DISTINCT respondent_id) AS people, bool_or(respondent_id IS NULL) AS unnamed
        FROM answers GROUP BY week, site_id
    )
    SELECT p.week, p.site_id, sum(mean), count(*), sum(CAST(mean AS HUGEINT) * mean),
           any_value(CASE WHEN unnamed THEN l.answers ELSE n.people END)
    FROM people AS p JOIN largest AS l USING (week, site_id) JOIN named AS n USING (week, site_id)
    GROUP BY p.week, p.site_id"""


def full(spec):
    con = connect(spec)

    def run(query, first=False):
        def go():
            if first:
                prepare(con, spec)
            table = con.sql(query(con, spec)).to_arrow_table()
            return lambda: zip(*[column.to_pylist() for column in table.columns])

        return go

    return {
        "field_time": run(field_time, True),
        "learning_follow_through": run(learning_follow_through),
        "prestart_quality": run(prestart_quality),
    }


def covered(spec):
    con = connect(spec)
    rows = f"(SELECT g, epoch_us(starts_at) AS s, epoch_us(ends_at) AS e FROM read_parquet('{spec.intervals}'))"
    before = "PARTITION BY g ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    running = f"""SELECT g, sum(greatest(0, e - greatest(s, coalesce(reached, s)))) AS covered
        FROM (SELECT g, s, e, max(e) OVER ({before}) AS reached FROM {rows}) GROUP BY g"""
    islands = f"""SELECT g, sum(length) AS covered FROM (
        SELECT g, island, max(e) - min(s) AS length FROM (
            SELECT g, s, e, sum(CASE WHEN reached >= s THEN 0 ELSE 1 END)
                   OVER (PARTITION BY g ORDER BY s, e ROWS UNBOUNDED PRECEDING) AS island
            FROM (SELECT g, s, e, max(e) OVER ({before}) AS reached FROM {rows})) GROUP BY g, island) GROUP BY g"""

    def run(query):
        return lambda: con.execute(f"SELECT count(*), sum(covered) FROM ({query})").fetchone()

    return {"gaps_and_islands": run(islands), "running_maximum": run(running)}


if __name__ == "__main__":
    main(duckdb.__version__, full, covered)
