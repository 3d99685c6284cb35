"""Makes second.json: what a second package, written independently of csdid, says about the rollouts in values.json.

usage: pip install differences==0.3.0 && python second.py values.json second.json
"""
import json
import math
import pathlib
import sys
import warnings

import pandas as pd
from differences import ATTgt

warnings.filterwarnings("ignore")


def long(rollout):
    rows = [
        (site, period, math.nan if first is None else float(first), value)
        for site, (values, first) in enumerate(zip(rollout["values"], rollout["first"]))
        for period, value in zip(rollout["periods"], values)
    ]
    return pd.DataFrame(rows, columns=["site", "period", "first", "y"]).set_index(["site", "period"])


def flat(frame):
    """The columns of a result by their last name: effects stand under headings."""
    frame = frame.copy()
    frame.columns = [column[-1] if isinstance(column, tuple) else column for column in frame.columns]
    return frame


def said(rollout, controls):
    fit = ATTgt(data=long(rollout), cohort_column="first").fit("y", control_group=controls, est_method="reg", progress_bar=False)
    cells = flat(fit.to_pandas())
    simple = flat(fit.aggregate("simple")).iloc[0]
    dynamic = flat(fit.aggregate("event", overall=True)).iloc[0]
    events = flat(fit.aggregate("event"))
    times = zip(cells.index.get_level_values("cohort"), cells.index.get_level_values("time"))
    return dict(
        cells=[dict(group=int(g), period=int(t), estimate=float(a), error=float(s)) for (g, t), a, s in zip(times, cells["ATT"], cells["std_error"])],
        events=[dict(event=int(e), estimate=float(a), error=float(s)) for e, a, s in zip(events.index, events["ATT"], events["std_error"])],
        simple=[float(simple["ATT"]), float(simple["std_error"])],
        dynamic=[float(dynamic["ATT"]), float(dynamic["std_error"])],
    )


if __name__ == "__main__":
    rollouts = json.loads(pathlib.Path(sys.argv[1]).read_text())["rollouts"]
    second = [dict(nevertreated=said(one, "never_treated"), notyettreated=said(one, "not_yet_treated")) for one in rollouts]
    pathlib.Path(sys.argv[2]).write_text(json.dumps(second, allow_nan=False) + "\n")
