"""How long the lag curve of one pair takes in other packages, beside all that `bellwether validate` says of a pair.

usage, from the root of the repository:
    cargo build --release -p validation --example speed
    python3 -m venv VENV && VENV/bin/pip install -r tests/bench/peers/leads_requirements.txt
    VENV/bin/python tests/bench/peers/leads.py target/release/examples/speed [ROUNDS]

2,000 sites, 104 weeks. The peers fit 13 Poisson regressions (lags 0 to 12) with a site and a week effect and errors clustered
by site, nothing else; of statsmodels, which needs a column for each site, one fit of 100 sites counts. Ours is the whole
report of 75 pairs, divided by 75: the same fits, and bands, moves in a circle, jackknife, checks, and making up the
organisations. All take turns, round by round; CPU seconds of all threads, medians, and ratios to ours within the run.
"""
import resource
import statistics
import subprocess
import sys
import time
import warnings

import fereg
import numpy as np
import pandas as pd
import pyfixest
import statsmodels.api as sm

warnings.filterwarnings("ignore")
SITES, WEEKS, LAGS, PAIRS, SMALL = 2000, 104, 13, 75, 100


def panel(sites):
    rng = np.random.default_rng(1)
    habit = np.clip(rng.normal(0.35, 0.05, (sites, 1)) + 0.06 * rng.normal(size=(sites, WEEKS)), 0.01, 0.95)
    hours = rng.uniform(0.5, 1.5, (sites, 1)) * rng.uniform(0.9, 1.1, (sites, WEEKS))
    log = np.log(0.1 * hours) + 0.3 * rng.normal(size=(sites, 1))
    log[:, 3:] -= 3.08 * (habit[:, :-3] - 0.35)
    return habit, hours, rng.poisson(np.exp(log)).astype(float)


def lagged(lag, sites=SITES):
    habit, hours, events = panel(sites)
    site, week = np.meshgrid(np.arange(sites), np.arange(WEEKS - lag), indexing="ij")
    cells = dict(s=site, w=week, x=habit[:, : WEEKS - lag], y=events[:, lag:], le=np.log(hours[:, lag:]))
    return pd.DataFrame({name: values.ravel() for name, values in cells.items()})


def curve(package, frames):
    return [package.fepois("y ~ x | s + w", data=frame, vcov={"CRV1": "s"}, offset="le").coef()["x"] for frame in frames]


def dummies(frame):
    effects = pd.get_dummies(frame[["s", "w"]].astype(str), drop_first=True).astype(float)
    design = sm.add_constant(pd.concat([frame[["x"]], effects], axis=1))
    fit = sm.GLM(frame.y, design, family=sm.families.Poisson(), offset=frame["le"])
    return fit.fit(cov_type="cluster", cov_kwds={"groups": frame.s}).params["x"]


def cpu(work):
    before = time.process_time()
    return work(), time.process_time() - before


def ours(program):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / PAIRS


def main(program, rounds):
    frames, small = [lagged(lag) for lag in range(LAGS)], lagged(3, SMALL)
    curve(fereg, frames[:1]), curve(pyfixest, frames[:1])  # Compiling and importing is not counted.
    seconds = {"bellwether, all of a pair": [], "fereg": [], "pyfixest": [], f"statsmodels, one lag of {SMALL} sites": []}
    names = list(seconds)
    for _ in range(rounds):
        seconds[names[0]].append(ours(program))
        by_fereg, spent = cpu(lambda: curve(fereg, frames))
        seconds[names[1]].append(spent)
        by_pyfixest, spent = cpu(lambda: curve(pyfixest, frames))
        seconds[names[2]].append(spent)
        assert np.allclose(by_fereg, by_pyfixest, rtol=1e-4), "the peers do not agree"
        seconds[names[3]].append(cpu(lambda: dummies(small))[1])
    base = statistics.median(seconds[names[0]])
    print("| who | CPU seconds | ratio |\n| --- | --- | --- |")
    for name, spent in seconds.items():
        middle = statistics.median(spent)
        print(f"| {name} | {middle:.2f} ({min(spent):.2f}-{max(spent):.2f}) | {middle / base:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)
