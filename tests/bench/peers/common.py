"""What every peer shares: the benchmark's settings, the weeks of the time zones, how results are written and told."""

import csv
import glob
import json
import os
import resource
import sys
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 86_400_000_000
WEEK = 7 * DAY
FIRST_MONDAY = 4 * DAY  # 1970-01-05
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# No Monday begins earlier than this before its UTC midnight.
EARLIEST = 14 * 3_600_000_000


class Spec:
    """Where the lake is, the clock in microseconds, and what may be used."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.__dict__.update(json.load(file))

    def files(self, table):
        """The active files: a lake that was only appended to has no others."""
        return sorted(glob.glob(f"{self.lake}/{table}/**/part-*.parquet", recursive=True))

    def pattern(self, table):
        return f"{self.lake}/{table}/*/part-*.parquet"


def zone_weeks(zones, first_us, last_us):
    """(zone, k, start, next): where week k and the one after it begin at the zone, in microseconds.

    An instant t lies in week k = (t + 14 h - FIRST_MONDAY) // 7 days or in the one before it, so an equality join on
    (zone, k) and one comparison find its week: cheaper for every engine than its own time zone functions row by row.
    """
    first = (first_us - FIRST_MONDAY) // WEEK - 2
    last = (last_us - FIRST_MONDAY) // WEEK + 3
    rows = []
    for zone in sorted(zones):
        info = ZoneInfo(zone)
        starts = []
        for k in range(first, last + 2):
            monday = monday_of(k)
            start = datetime(monday.year, monday.month, monday.day, tzinfo=info)
            starts.append(int(start.timestamp()) * 1_000_000)
        rows += [(zone, first + i, starts[i], starts[i + 1]) for i in range(len(starts) - 1)]
    return rows


def monday_of(k):
    return date(1970, 1, 5) + timedelta(days=7 * k)


def write(spec, metric, rows):
    """Rows (week number, site, integers …) in order, as the comparison wants them."""
    os.makedirs(spec.out, exist_ok=True)
    lines = sorted((monday_of(row[0]).isoformat(), row[1], *[int(v or 0) for v in row[2:]]) for row in rows)
    with open(f"{spec.out}/{metric}.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    return len(lines)


def timed(run):
    """Seconds on the clock, seconds of all cores, and the result."""
    start, busy = time.perf_counter(), time.process_time()
    result = run()
    return time.perf_counter() - start, time.process_time() - busy, result


def tell(seconds, **detail):
    """The last line of standard output is what the benchmark reads."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, **detail}))


def main(version, full, covered):
    mode, spec = sys.argv[1], Spec(sys.argv[2])
    if mode == "full":
        results, parts, total, busy = {}, {}, 0.0, 0.0
        for name, run in full(spec).items():
            seconds, cpu, rows = timed(run)
            results[name], parts[name] = rows, {"seconds": round(seconds, 3), "cpu": round(cpu, 3)}
            total, busy = total + seconds, busy + cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        counts = {name: write(spec, name, rows() if callable(rows) else rows) for name, rows in results.items()}
        tell(total, cpu=busy, peak_mb_timed=peak, parts=parts, rows=counts, version=version)
    else:
        for name, run in covered(spec).items():
            if name == spec.variant:
                seconds, cpu, (groups, micros) = timed(run)
                tell(seconds, cpu=cpu, groups=int(groups), micros=int(micros), version=version)
