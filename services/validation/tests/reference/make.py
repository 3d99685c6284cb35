"""Makes values.json: what established packages say about the data of these tests, against which the kernels are held.

usage: pip install pyfixest==0.60.0 statsmodels==0.15.0 scipy==1.17.1 csdid==0.4.3 && pip install --no-deps moderndid==0.2.0
       python make.py values.json

moderndid only brings the county teen-employment panel (Callaway and Sant'Anna 2021), it is not run.
"""
import json
import math
import pathlib
import sys
import warnings

import importlib.util
import numpy as np
import pandas as pd
import pyfixest as pf
import statsmodels.api as sm
from csdid.att_gt import ATTgt
from scipy import stats

warnings.filterwarnings("ignore")
TIGHT = dict(fixef_tol=1e-13, fixef_maxiter=1_000_000)


def panel(rng, sites, weeks, holes):
    """x, exposure, events and scores (site by week) with a site that has no event at all and cells that are missing."""
    x = np.round(rng.normal(0.35, 0.06, (sites, weeks)), 4)
    site = rng.normal(0, 0.4, (sites, 1))
    exposure = np.round(rng.uniform(0.5, 1.5, (sites, weeks)), 3)
    events = rng.poisson(exposure * np.exp(-0.4 + site - 3 * (x - 0.35) + 0.2 * np.sin(np.arange(weeks))))
    events[3] = 0
    score = np.round(0.6 + 0.1 * site + 0.5 * (x - 0.35) + rng.normal(0, 0.1, (sites, weeks)), 4)
    weight = rng.integers(3, 30, (sites, weeks)).astype(float)
    missing = rng.uniform(size=(sites, weeks)) < holes
    return x, exposure, events.astype(float), score, weight, missing


def grid(values, missing):
    return [[None if m else float(v) for v, m in zip(row, gaps)] for row, gaps in zip(values, missing)]


def regressions(seed, sites, weeks, holes):
    x, exposure, events, score, weight, missing = panel(np.random.default_rng(seed), sites, weeks, holes)
    s, w = np.meshgrid(np.arange(sites), np.arange(weeks), indexing="ij")
    columns = dict(s=s, w=w, x=x, e=exposure, y=events, z=score, n=weight, le=np.log(exposure))
    data = pd.DataFrame({name: values[~missing] for name, values in columns.items()})
    plain = pf.ssc(k_adj=False, G_adj=False)

    def poisson(vcov, **more):
        return pf.fepois("y ~ x | s + w", data=data, vcov={vcov: "s"}, offset="le", iwls_tol=1e-13, iwls_maxiter=200, **TIGHT, **more)

    def linear(vcov, **more):
        return pf.feols("z ~ x | s + w", data=data, vcov={vcov: "s"}, weights="n", **TIGHT, **more)

    kept = data[data.groupby("s").y.transform("sum").gt(0) & data.groupby("w").y.transform("sum").gt(0)]
    dummies = pd.get_dummies(kept[["s", "w"]].astype(str), drop_first=True).astype(float)
    design = sm.add_constant(pd.concat([kept[["x"]], dummies], axis=1))
    glm = sm.GLM(kept.y, design, family=sm.families.Poisson(), exposure=kept.e).fit(tol=1e-13, maxiter=200)
    score_design = sm.add_constant(pd.concat([data[["x"]], pd.get_dummies(data[["s", "w"]].astype(str), drop_first=True).astype(float)], axis=1))
    wls = sm.WLS(data.z, score_design, weights=data.n).fit()

    def jackknifed():
        """CRV3 by its definition, each refit by pyfixest: `vcov="CRV3"` of fepois (0.60) leaves the offset out of its refits."""
        sites = kept.s.unique()
        refits = [pf.fepois("y ~ x | s + w", data=kept[kept.s != one], vcov={"CRV1": "s"}, offset="le", iwls_tol=1e-13, iwls_maxiter=200, **TIGHT).coef()["x"] for one in sites]
        full = poisson("CRV1").coef()["x"]
        return math.sqrt((len(sites) - 1) / len(sites) * sum((b - full) ** 2 for b in refits))

    # CRV3's own factor is (G - 1)/G; what pyfixest multiplies by otherwise is CRV1's G/(G - 1).
    def both(fit, crv3):
        one = fit("CRV1")
        return dict(estimate=float(one.coef()["x"]), crv1=float(one.se()["x"]), crv3=float(crv3()), observations=int(one._N))

    return dict(
        x=grid(x, missing), exposure=grid(exposure, missing), events=grid(events, missing), score=grid(score, missing), weight=grid(weight, missing),
        poisson=both(poisson, jackknifed) | dict(statsmodels=float(glm.params["x"])), linear=both(linear, lambda: linear("CRV3", ssc=plain).se()["x"] * math.sqrt((sites - 1) / sites)) | dict(statsmodels=float(wls.params["x"])),
    )


def distributions():
    t = [dict(df=df, p=p, quantile=float(stats.t.ppf(p, df)), two_sided=float(2 * stats.t.sf(abs(stats.t.ppf(p, df)), df))) for df in (1, 2, 3.7, 11, 39, 1999) for p in (0.8, 0.975, 0.99, 0.9995)]
    chi2 = [dict(df=df, x=x, upper=float(stats.chi2.sf(x, df))) for df in (1, 5, 17) for x in (0.5, 4.0, 40.0)]
    f = [dict(first=a, second=b, x=x, upper=float(stats.f.sf(x, a, b))) for a, b in ((4, 56), (1, 9)) for x in (0.7, 2.5, 9.0)]
    return dict(t=t, chi2=chi2, f=f, normal=[dict(p=p, quantile=float(stats.norm.ppf(p))) for p in (0.6, 0.8, 0.975, 0.99, 0.9999)])


def garwood(k, exposure):
    low = stats.chi2.ppf(0.025, 2 * k) / 2 if k else 0.0
    return dict(events=k, exposure=exposure, low=float(low / exposure), high=float(stats.chi2.ppf(0.975, 2 * k + 2) / 2 / exposure))


def rate_ratio(k1, e1, k2, e2):
    ci = stats.binomtest(k1, k1 + k2).proportion_ci(0.95, method="exact")
    odds = lambda p: p / (1 - p) * e2 / e1 if p < 1 else None
    p = stats.binomtest(k1, k1 + k2, e1 / (e1 + e2), alternative="less").pvalue, stats.binomtest(k1, k1 + k2, e1 / (e1 + e2), alternative="greater").pvalue
    return dict(events=[k1, k2], exposure=[e1, e2], ratio=(k1 / e1) / (k2 / e2) if k2 else None, low=float(odds(ci.low)), high=None if ci.high == 1 else float(odds(ci.high)), p=float(min(1, 2 * min(p))))


def welch(seed):
    rng = np.random.default_rng(seed)
    a, b = np.round(rng.normal(0.7, 0.1, 9), 4), np.round(rng.normal(0.6, 0.2, 25), 4)
    test = stats.ttest_ind(a, b, equal_var=False)
    ci = test.confidence_interval(0.95)
    return dict(a=a.tolist(), b=b.tolist(), difference=float(a.mean() - b.mean()), low=float(ci.low), high=float(ci.high), p=float(test.pvalue))


def discovery():
    p = [0.0002, 0.9, 0.012, 0.004, 0.04, 0.04, 0.31, 0.0002, 1.0]
    return dict(p=p, adjusted=stats.false_discovery_control(p).tolist())


def rollout(data, name, outcome, period, unit, first):
    """Group-time effects and what is made of them, by csdid without covariates, with analytic errors."""
    said = {}
    for controls in ("nevertreated", "notyettreated"):
        at = ATTgt(yname=outcome, tname=period, idname=unit, gname=first, data=data.copy(), control_group=controls, xformla=None)
        fit = at.fit(est_method="reg", base_period="varying", bstrap=False)
        r = fit.results
        cells = [dict(group=int(g), period=int(t), estimate=float(a), error=float(s)) for g, t, a, s in zip(r["group"], r["year"], r["att"], r["se"])]
        simple = fit.aggte(typec="simple", bstrap=False, cband=False, na_rm=True).atte
        dynamic = fit.aggte(typec="dynamic", bstrap=False, cband=False, na_rm=True).atte
        by_event = [dict(event=int(e), estimate=float(a), error=float(np.ravel(s)[0])) for e, a, s in zip(dynamic["egt"], dynamic["att_egt"], np.ravel(dynamic["se_egt"]))]
        said[controls] = dict(
            cells=cells, simple=[float(simple["overall_att"]), float(np.ravel(simple["overall_se"])[0])],
            dynamic=[float(dynamic["overall_att"]), float(np.ravel(dynamic["overall_se"])[0])], events=by_event,
            pre_trend=dict(statistic=float(fit.MP["W"]), p=float(fit.MP["Wpval"])),
        )
    wide = data.pivot(index=unit, columns=period, values=outcome)
    starts = data.groupby(unit)[first].first().loc[wide.index]
    return dict(name=name, periods=[int(c) for c in wide.columns], first=[None if s == 0 else int(s) for s in starts], values=np.round(wide.to_numpy(), 10).tolist(), **said)


def counties():
    folder = pathlib.Path(importlib.util.find_spec("moderndid").origin).parent
    return pd.read_pickle(folder / "core" / "datasets" / "mpdta_long.pkl.gz")


def planted_rollout(seed):
    """40 sites, 16 periods, three starts and 13 sites never reached; the effect grows by 0.1 a period."""
    rng = np.random.default_rng(seed)
    rows = []
    for site in range(40):
        start = [0, 6, 9, 12][site % 4]
        level = rng.normal(3, 1)
        for t in range(1, 17):
            effect = 0.1 * (t - start + 1) if start and t >= start else 0.0
            rows.append((site + 1, t, start, round(level + 0.05 * t + effect + rng.normal(0, 0.3), 6)))
    return pd.DataFrame(rows, columns=["site", "period", "first", "y"])


if __name__ == "__main__":
    teen = counties().rename(columns={"first.treat": "first_treat"})
    first = "first_treat" if "first_treat" in teen else "first.treat"
    values = dict(
        distributions=distributions(),
        regressions=[regressions(1, 14, 30, 0.1), regressions(2, 25, 26, 0.0)],
        garwood=[garwood(k, e) for k, e in ((0, 2.0), (1, 0.5), (7, 3.0), (250, 41.5))],
        rate_ratios=[rate_ratio(*a) for a in ((5, 10.0, 31, 30.0), (0, 4.0, 9, 12.0), (120, 260.0, 610, 780.0), (4, 4.0, 0, 12.0))],
        welch=welch(3),
        discovery=discovery(),
        rollouts=[rollout(teen, "counties", "lemp", "year", "countyreal", first), rollout(planted_rollout(4), "planted", "y", "period", "site", "first")],
    )
    pathlib.Path(sys.argv[1]).write_text(json.dumps(values, allow_nan=False) + "\n")
