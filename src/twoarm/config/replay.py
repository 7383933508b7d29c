"""What it takes to analyse a cohort by all designs of a study in one go."""

from collections.abc import Mapping
from typing import Any

from twoarm.config.designs import CRUDE, MATCHING
from twoarm.config.plan import Plan
from twoarm.months import DAYS_PER_MONTH


def replay_of(plan: Plan) -> dict[str, Any]:
    """Gather what the rules give to the jobs of the arms, designs and effects."""
    endpoints = plan.config["endpoints"].items()
    return {
        "endpoints": [k for k, each in endpoints if each["start"] == "time_zero"],
        "clocks": plan.clocks,
        "designs": plan.designs,
        "scores": plan.scores,
        "model": plan.model,
        "matching": list(MATCHING),
        "crude": list(CRUDE),
        "labels": plan.config["treatment"]["labels"],
        "analysis": {
            key: plan.config["analysis"][key]
            for key in ("horizons_months", "rmst_months", "confidence", "limits")
        },
        "regressions": plan.regressions,
        "variants": False,
    }


def twins_of(plan: Plan) -> dict[str, Any]:
    """Name the effects and the batches of the twins, and what they are drawn from."""
    settings, trial = plan.config["validation"]["twins"], plan.config["trial"]
    effects = [
        each if isinstance(each, str) else f"{each:g}" for each in settings["effects"]
    ]
    months = trial["strategies"]["grace_months"] if trial else None
    return {
        "effects": list(dict.fromkeys(effects)),
        "batches": batches_of(settings),
        "drawn": {
            "seed": settings["seed"],
            "covariates": plan.compared,
            "lead": (plan.config["headline"] or {}).get("endpoint"),
        },
        "grace_days": months and months * DAYS_PER_MONTH,
    }


def batches_of(settings: Mapping[str, int]) -> list[str]:
    """List the numbers of the jobs that share `replicates`, `batch` of them each."""
    jobs = -(-settings["replicates"] // settings["batch"])
    return [str(number) for number in range(1, jobs + 1)]


def scenarios_of(plan: Plan) -> dict[str, Any]:
    """Name the scenarios, sizes and batches of the simulation study."""
    settings = plan.config["validation"]["scenarios"]
    analysis, replay = plan.config["analysis"], replay_of(plan)
    sizes = {str(size): n for size, n in settings["cohorts"].items()}
    horizons = analysis["horizons_months"] or [12.0, 36.0, 60.0]
    ends = {
        "horizons_months": horizons,
        "rmst_months": analysis["rmst_months"] or max(horizons),
    }
    jobs = [
        {"size": size, "batch": str(batch)}
        for size, n in sizes.items()
        for batch in range(1, -(-n // settings["batch"]) + 1)
    ]
    covariates = {
        name: {key: each[key] for key in ("column", "kind")}
        for name, each in plan.config["covariates"].items()
    }
    resampled = {
        "designs": settings["bootstrap"],
        "sizes": settings["bootstrap_sizes"],
        "replicates": analysis["bootstrap"]["replicates"],
    }
    asked = analysis if settings["variants"] else replay["analysis"]
    given = {"analysis": {**asked, **ends}, "bootstrap": resampled}
    return {
        "names": settings["names"] if sizes else [],
        "sizes": list(sizes),
        "jobs": jobs,
        "drawn": {
            "cohorts": sizes,
            "batch": settings["batch"],
            "seed": settings["seed"],
            "covariates": covariates,
        },
        "plan": {**replay, **given, "variants": settings["variants"]},
        "truth": {"size": settings["truth_size"], "seed": settings["seed"], **ends},
    }
