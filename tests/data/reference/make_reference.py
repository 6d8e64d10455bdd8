#!/usr/bin/env python3
"""Computes the figures of reference.json with other people's implementations (NumPy, SciPy,
statsmodels, scikit-learn, mpmath), from the files of tests/golden and tests/data. Run it from the
root of the repository: python3 tests/data/reference/make_reference.py > tests/data/reference/reference.json
"""

import csv
import json
import pathlib
import sys

import mpmath
import numpy as np
import scipy
import scipy.stats
import sklearn
import sklearn.covariance
import sklearn.linear_model
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import variance_inflation_factor

ROOT = pathlib.Path(__file__).resolve().parents[3]
FACTORS = ["SPY", "VTV", "VUG", "MTUM", "QUAL", "IWM", "USMV"]
LAST = "2017-06-30"
DAYS = 252


def read_returns():
    closes = {}
    with open(ROOT / "tests/golden/prices.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            closes.setdefault(row["symbol"], {})[row["date"]] = float(row["close"])
    days = [day for day in sorted(closes["SPY"]) if day <= LAST][-DAYS - 1 :]
    returns = {}
    for symbol, prices in closes.items():
        if all(day in prices for day in days):
            series = np.array([prices[day] for day in days])
            returns[symbol] = series[1:] / series[:-1] - 1
    return returns


def hac(returns):
    y = 3000 * returns["JPM"] - 2000 * returns["XLE"] + 1500 * returns["COST"]
    x = sm.add_constant(np.column_stack([returns[f] for f in FACTORS]))
    fit = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": True}, use_t=True)
    factors = x[:, 1:]
    correlation = np.corrcoef(factors.T)
    eigenvalues = np.linalg.eigvalsh(correlation)
    return {
        "coefficients": fit.params.tolist(),
        "std_errors": fit.bse.tolist(),
        "t_stats": fit.tvalues.tolist(),
        "p_values": fit.pvalues.tolist(),
        "r_squared": fit.rsquared,
        "adj_r_squared": fit.rsquared_adj,
        "residual_sd": float(np.sqrt(fit.mse_resid)),
        "vif": [variance_inflation_factor(x, i + 1) for i in range(len(FACTORS))],
        "condition_number": float(np.sqrt(eigenvalues[-1] / eigenvalues[0])),
    }


def simple(returns):
    fit = sm.OLS(returns["JPM"], sm.add_constant(returns["SPY"])).fit()
    return {
        "beta": fit.params[1],
        "alpha": fit.params[0],
        "std_error": fit.bse[1],
        "t_stat": fit.tvalues[1],
        "p_value": fit.pvalues[1],
        "r_squared": fit.rsquared,
    }


def shrinkage(returns):
    result = {}
    for name, symbols in {"factors": FACTORS, "stocks": ["COST", "JPM", "TLT", "UNH", "XLE"]}.items():
        x = np.column_stack([returns[s] for s in symbols])
        fit = sklearn.covariance.LedoitWolf().fit(x)
        result[name] = {
            "symbols": symbols,
            "shrinkage": fit.shrinkage_,
            "covariance": fit.covariance_.tolist(),
        }
    return result


def ridge(returns):
    x = np.column_stack([returns[f] for f in FACTORS[1:]])
    y = returns["JPM"]
    sd = x.std(axis=0)
    fit = sklearn.linear_model.Ridge(alpha=1.0, fit_intercept=False, solver="svd")
    fit.fit((x - x.mean(axis=0)) / sd, y - y.mean())
    return {"slopes": (fit.coef_ / sd).tolist()}


def volatility(returns):
    x = 10000 * returns["JPM"]
    v = x * x
    rows = range(20, len(x) - 21)
    month = [v[t - 20 : t + 1].mean() for t in rows]
    design = sm.add_constant(np.column_stack([[v[t] for t in rows], [v[t - 4 : t + 1].mean() for t in rows], month]))
    fit = sm.OLS([v[t + 1 : t + 22].mean() for t in rows], design).fit()
    today = np.array([1, v[-1], v[-5:].mean(), v[-21:].mean()])
    variance = v[:21].mean()
    for value in v[21:]:
        variance = 0.94 * variance + 0.06 * value
    return {
        "har": float(np.sqrt(252 * max(0.0, float(fit.params @ today)))),
        "har_r_squared": fit.rsquared,
        "har_rows": len(rows),
        "ewma": float(np.sqrt(252 * variance)),
        "sample": float(x.std(ddof=1) * np.sqrt(252)),
        "quantiles": {str(p): float(np.quantile(-x, p, method="linear")) for p in (0.01, 0.25, 0.5, 0.95, 0.99)},
        "shortfall_95": float((-x)[-x >= np.quantile(-x, 0.95)].mean()),
        "shortfall_99": float((-x)[-x >= np.quantile(-x, 0.99)].mean()),
    }


def correlations(returns):
    symbols = ["COST", "HYG", "JPM", "SPY", "TLT"]
    series = np.log1p(np.column_stack([returns[s] for s in symbols]))[-63:]
    return {"symbols": symbols, "matrix": np.corrcoef(series.T).tolist()}


def distributions():
    mpmath.mp.dps = 40

    def p_value(t, degrees):
        v = mpmath.mpf(degrees)
        return float(mpmath.betainc(v / 2, 0.5, 0, v / (v + mpmath.mpf(t) ** 2), regularized=True))

    def quantile(p):
        with mpmath.workdps(350):  # 2 p - 1 of a tiny p
            return float(mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(p) - 1))

    return {
        "student": [[t, n, p_value(t, n)] for n in (1, 2, 5, 30, 61, 244, 1000) for t in (0.01, 0.5, 1.5, 2.5, 6, 20)],
        "normal_quantile": [[p, quantile(p)] for p in (1e-300, 1e-10, 0.001, 0.025, 0.3, 0.5, 0.9, 0.95, 0.975, 0.99, 0.999)],
        "normal_cdf": [[x, float(mpmath.ncdf(x))] for x in (-37, -10, -3.5, -1, 0, 0.25, 1.96, 5, 8)],
    }


def main():
    returns = read_returns()
    versions = {m.__name__: m.__version__ for m in (np, scipy, statsmodels, sklearn, mpmath)}
    document = {
        "versions": versions,
        "last": LAST,
        "days": DAYS,
        "hac": hac(returns),
        "simple": simple(returns),
        "ledoit_wolf": shrinkage(returns),
        "ridge": ridge(returns),
        "volatility": volatility(returns),
        "correlations": correlations(returns),
        "distributions": distributions(),
    }
    json.dump(document, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
