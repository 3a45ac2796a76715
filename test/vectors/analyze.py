"""Writes test/vectors/analyze.json: what R says (analyze.R), and what statsmodels says.

Run in the repository's root, on Debian 12:
    apt-get install -y r-base-core r-cran-jsonlite python3-statsmodels
    /usr/bin/python3 test/vectors/analyze.py
"""

import json
import pathlib
import subprocess

import scipy
import statsmodels
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

here = pathlib.Path(__file__).parent
groups = json.loads(subprocess.check_output(["Rscript", here / "analyze.R"]))
program = f"statsmodels {statsmodels.__version__}, SciPy {scipy.__version__}"


def newcombe(n1, c1, n2, c2):
    """The interval of p2 − p1: variant − control."""
    lower, upper = confint_proportions_2indep(
        c2, n2, c1, n1, method="newcomb", compare="diff", alpha=0.05
    )
    return {"n1": n1, "c1": c1, "n2": n2, "c2": c2, "lower": lower, "upper": upper}


pairs = [[case[name] for name in ("n1", "c1", "n2", "c2")] for case in groups["zTest"]["cases"]]
pairs += [[30, 0, 40, 0], [10, 10, 20, 20]]
groups["newcombe"] = {
    "program": program,
    "command": "confint_proportions_2indep(c2, n2, c1, n1, method='newcomb', compare='diff', alpha=0.05)",
    "cases": [newcombe(*pair) for pair in pairs],
}

# Two programs agree before anything is written.
for case in groups["zTest"]["cases"]:
    z, p = proportions_ztest([case["c1"], case["c2"]], [case["n1"], case["n2"]])
    assert abs(z - case["z"]) < 1e-9 and abs(p - case["pValue"]) < 1e-9, case

lines = []
for name, group in groups.items():
    cases = ",\n".join("        " + json.dumps(case) for case in group["cases"])
    lines.append(
        f'    {json.dumps(name)}: {{\n      "program": {json.dumps(group["program"])},\n'
        f'      "command": {json.dumps(group["command"])},\n      "cases": [\n{cases}\n      ]\n    }}'
    )
about = "Reference values of worker/analyze. Written by: /usr/bin/python3 test/vectors/analyze.py (Debian 12)."
(here / "analyze.json").write_text(
    f'{{\n  "about": {json.dumps(about)},\n  "groups": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
)
