"""The three queries and the union of intervals in Polars: in memory as long as that is the faster of its engines."""

import polars as pl
from common import DAY, DAYS, EARLIEST, FIRST_MONDAY, WEEK, main, zone_weeks

col = pl.col


def scan(spec, table):
    return pl.scan_parquet(spec.files(table), hive_partitioning=False)


def micros(name):
    return col(name).dt.timestamp("us")


ENGINE = "in-memory"


def collect(frame):
    return frame.collect(engine=ENGINE)


class Lake:
    """Reference tables and the weeks of their zones, read once."""

    def __init__(self, spec):
        self.spec = spec
        self.sites = self.reference("sites", "site_id")
        self.leaders = self.reference("leaders", "leader_id")
        zones = set(self.sites["timezone"]) | {"UTC"}
        weeks = zone_weeks(zones, spec.first, spec.as_of + 60 * DAY)
        self.weeks = pl.DataFrame(weeks, schema=["zone", "k", "start", "next"], orient="row")

    def reference(self, table, key):
        rows = collect(scan(self.spec, table))
        return rows.sort("_ingested_at", "_offset").unique(key, keep="last")

    def latest(self, table, key, columns):
        """One row a key: the greatest by revision, then recorded_at. (Ties are repeated deliveries in these data.)"""
        # One number orders faster than two: microseconds need less than 53 bits.
        order = col("revision") * (1 << 53) + micros("recorded_at")
        rows = scan(self.spec, table).select(key, *columns, _order=order).group_by(key)
        if ENGINE == "streaming":
            return rows.agg(col(columns).max_by("_order"))
        return rows.agg(pl.struct(columns).max_by("_order").alias("_row")).unnest("_row")

    def in_weeks(self, rows, at):
        """Rows with the week of a moment at their site, and where the next week begins."""
        joined = (
            rows.join(self.sites.lazy().select("site_id", "timezone"), on="site_id", how="left")
            .with_columns(zone=col("timezone").fill_null("UTC"), k=(col(at) + (EARLIEST - FIRST_MONDAY)) // WEEK)
            .join(self.weeks.lazy(), on=["zone", "k"], how="inner")
        )
        begun = col(at) >= col("start")
        return joined.with_columns(
            week=pl.when(begun).then(col("k")).otherwise(col("k") - 1),
            next=pl.when(begun).then(col("next")).otherwise(col("start")),
        )


def field_time(lake):
    spec = lake.spec
    columns = ["site_id", "leader_id", "basis", "category", "status", "starts_at", "ends_at"]
    visible = (
        lake.latest("calendar_audits", "entry_id", columns)
        .with_columns(s=micros("starts_at"), e=pl.min_horizontal(micros("ends_at"), pl.lit(spec.as_of)))
        .filter((col("s") <= spec.as_of) & (col("status") == "confirmed") & (col("basis") == "actual"))
    )
    placed = lake.in_weeks(visible, "s").select("week", "site_id", "leader_id", "category", "s", "e", "next")
    # The cut entries are few: they are worth one look at the rest in memory.
    placed = collect(placed).lazy()
    pieces = pl.concat(
        [
            placed.filter(col("e") > col("s")).with_columns(e=pl.min_horizontal("e", "next")),
            placed.filter(col("e") > col("next")).with_columns(week=col("week") + 1, s=col("next")),
        ]
    ).sort("week", "site_id", "leader_id", "s")
    person = ["week", "site_id", "leader_id"]

    def length(which):
        reached = pl.when(which).then(col("e")).cum_max().forward_fill().shift(1).over(person)
        added = col("e") - pl.max_horizontal(col("s"), reached.fill_null(col("s")))
        return pl.when(which).then(pl.max_horizontal(added, pl.lit(0))).otherwise(0)

    field, working = col("category") == "field", col("category") != "leave"
    diary = (
        pieces.with_columns(field=length(field), working=length(working), logged=length(pl.lit(True)))
        .group_by(person)
        .agg(pl.sum("field"), pl.sum("working"), pl.sum("logged"))
    )
    diary = collect(diary).lazy()
    weeks = diary.group_by("week", "site_id").agg(pl.sum("field"), pl.sum("working")).filter(col("working") > 0)
    epoch_day = lambda name: col(name).cast(pl.Date).dt.epoch("d")
    works = lambda day: col("working_days").fill_null(DAYS[:5]).list.contains(DAYS[day]).cast(pl.Int64)
    date = lambda day: pl.lit(FIRST_MONDAY // DAY) + 7 * col("week") + day
    within = lambda day: (
        pl.max_horizontal(epoch_day("from"), epoch_day("opened_on")).fill_null(-(1 << 31)) <= date(day)
    ) & (pl.min_horizontal(epoch_day("to"), epoch_day("closed_on")).fill_null(1 << 31) >= date(day))
    leaders = lake.leaders.lazy().select("site_id", "leader_id", "weekly_hours", "from", "to")
    sites = lake.sites.lazy().select("site_id", "working_days", "opened_on", "closed_on")
    # Nanoseconds, halves rounded away from zero; nobody's calendar counts for more than is expected of them.
    coverage = (
        weeks.select("week", "site_id")
        .join(leaders.filter(col("weekly_hours").is_not_null()), on="site_id")
        .join(sites, on="site_id", how="left")
        .with_columns(
            contracted=(col("weekly_hours") * 3_600_000_000).round().cast(pl.Int64),
            of_days=pl.sum_horizontal(works(day) for day in range(7)),
            days=pl.sum_horizontal(works(day) * within(day) for day in range(7)),
        )
        .with_columns(expected=(2000 * col("contracted") * col("days") + col("of_days")) // (2 * col("of_days")))
        .join(diary.select(*person, "logged"), on=person, how="left")
        .group_by("week", "site_id")
        .agg(logged=pl.min_horizontal(1000 * col("logged").fill_null(0), "expected").sum(), expected=pl.sum("expected"))
    )
    return weeks.join(coverage, on=["week", "site_id"], how="left").select(
        "week", "site_id", "field", "working", col("logged") // 1000, col("expected") // 1000
    )


def learning_follow_through(lake):
    as_of = lake.spec.as_of
    columns = ["site_id", "verb", "occurred_at", "commitment_id", "due_at"]
    events = (
        lake.latest("training_events", "event_id", columns)
        .filter(col("commitment_id").is_not_null())
        .select("event_id", "site_id", "verb", "commitment_id", occurred=micros("occurred_at"), due=micros("due_at"))
        .filter(col("occurred") <= as_of)
    )
    events = collect(events).lazy()
    due = lake.in_weeks(events.filter((col("verb") == "committed") & (col("due") <= as_of)), "due")
    due = due.select("event_id", "week", "site_id", "commitment_id", "occurred", "due")
    others = events.select("commitment_id", o_verb="verb", o_occurred="occurred", o_event="event_id")
    verb = lambda name: col("o_verb") == name
    earlier = (col("o_occurred") < col("occurred")) | (
        (col("o_occurred") == col("occurred")) & (col("o_event") < col("event_id"))
    )
    return (
        due.join(others, on="commitment_id")
        .filter((col("o_occurred") >= col("due") - 364 * DAY) & (col("o_occurred") <= col("due")))
        .group_by("event_id", "week", "site_id")
        .agg(
            applied=verb("applied").any(),
            withdrawn=(verb("withdrawn") & (col("o_occurred") < col("due"))).any(),
            earlier=(verb("committed") & earlier).any(),
        )
        .filter(~col("withdrawn") & ~col("earlier"))
        .group_by("week", "site_id")
        .agg(pl.sum("applied").cast(pl.Int64), due=pl.len().cast(pl.Int64))
    )


def prestart_quality(lake):
    as_of = lake.spec.as_of
    columns = ["survey_id", "instrument", "site_id", "respondent_id", "submitted_at", "items"]
    item = pl.element().struct.field
    # Scores are kept as whole billionths, so that sums are exact.
    score = col("items").list.eval((item("score") - item("min")) / (item("max") - item("min"))).list.mean()
    visible = (
        lake.latest("pulse_responses", "response_id", columns)
        .filter((col("submitted_at").dt.timestamp("us") <= as_of) & (col("instrument") == "prestart"))
        .with_columns(s=micros("submitted_at"), score=(score * 1e9).round().cast(pl.Int64))
    )
    answers = lake.in_weeks(visible, "s").with_columns(
        anonymous=pl.when(col("respondent_id").is_null()).then(col("response_id"))
    )
    answers = collect(answers.select("week", "site_id", "survey_id", "respondent_id", "anonymous", "score")).lazy()
    week = ["week", "site_id"]
    people = (
        answers.group_by(*week, "respondent_id", "anonymous")
        .agg(total=pl.sum("score"), n=pl.len().cast(pl.Int64))
        .with_columns(mean=(2 * col("total") + col("n")) // (2 * col("n")))
        .group_by(week)
        .agg(
            numerator=pl.sum("mean"),
            denominator=pl.len().cast(pl.Int64),
            squares=(col("mean").cast(pl.Int128) * col("mean")).sum(),
        )
    )
    largest = answers.group_by(*week, "survey_id").len().group_by(week).agg(largest=pl.max("len"))
    named = answers.group_by(week).agg(
        people=col("respondent_id").drop_nulls().n_unique(), unnamed=col("respondent_id").is_null().any()
    )
    respondents = pl.when("unnamed").then(col("largest")).otherwise(col("people")).cast(pl.Int64)
    return (
        people.join(largest, on=week)
        .join(named, on=week)
        .select(*week, "numerator", "denominator", "squares", respondents=respondents)
    )


def full(spec):
    global ENGINE
    if spec.weeks > 200:
        ENGINE = "streaming"
    lakes = []

    def run(query):
        def go():
            if not lakes:
                lakes.append(Lake(spec))
            frame = collect(query(lakes[0]))
            return frame.rows

        return go

    queries = (field_time, learning_follow_through, prestart_quality)
    return {query.__name__: run(query) for query in queries}


def covered(spec):
    def rows():
        rows = pl.scan_parquet(spec.intervals).select("g", s=micros("starts_at"), e=micros("ends_at")).sort("g", "s", "e")
        return rows.with_columns(reached=col("e").cum_max().shift(1).over("g"))

    def total(parts):
        found = collect(parts.select(groups=pl.len(), micros=pl.sum("covered")))
        return found.row(0)

    def running():
        added = col("e") - pl.max_horizontal("s", col("reached").fill_null(col("s")))
        return total(rows().group_by("g").agg(covered=pl.max_horizontal(added, pl.lit(0)).sum()))

    def islands():
        island = (col("reached").is_null() | (col("reached") < col("s"))).cast(pl.Int64).cum_sum().over("g")
        spans = rows().with_columns(island=island).group_by("g", "island").agg(length=pl.max("e") - pl.min("s"))
        return total(spans.group_by("g").agg(covered=pl.sum("length")))

    return {"running_maximum": running, "gaps_and_islands": islands}


if __name__ == "__main__":
    main(pl.__version__, full, covered)
