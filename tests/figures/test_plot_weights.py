import polars as pl

from twoarm.tables.propensity import Designs

ARMS = {"Surgery": "#D7263D", "Non-surgery": "#5B2A86"}


def members(number, design):
    size = 60
    return pl.DataFrame(
        {
            "imputation": [number] * size,
            "design": [design] * size,
            "patient_id": [f"P{row:03}" for row in range(size)],
            "treated": [row % 3 == 0 for row in range(size)],
            "propensity_score": [0.3] * size,
            "weight": [1.0 + row % 7 for row in range(size)],
            "set_id": pl.Series([None] * size, dtype=pl.String),
            "origin_days": [0.0] * size,
            "entry_days": [0.0] * size,
            "exit_days": pl.Series([None] * size, dtype=pl.Float64),
        }
    )


def test_script_draws_each_design_of_the_first_imputation(script, tmp_path):
    rows = [members(k, each) for k in (1, 2) for each in ("iptw", "overlap")]
    Designs.write(pl.concat(rows), tmp_path / "designs")
    names = [
        f"weights_{each}.{kind}"
        for each in ("iptw", "overlap")
        for kind in ("svg", "png")
    ]
    paths = [tmp_path / name for name in names]

    script("figures/plot_weights").main(
        tmp_path / "designs", paths, arms=ARMS, minimum_count=1
    )

    for path in paths:
        assert path.stat().st_size > 1_000
    words = paths[0].read_text()
    assert "multiple of its arm" in words
    assert "Surgery" in words
