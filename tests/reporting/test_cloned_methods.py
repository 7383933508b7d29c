from twoarm.config.designs import Cloning
from twoarm.reporting.methods import DESIGNS


def said_of(**keys):
    design = Cloning(method="cloning", label="Cloned", grace_days=90, **keys)
    told = {**design.model_dump(), "covariates": ["age", "size"]}
    return DESIGNS["cloning"](told)


def test_values_at_time_zero_or_over_time():
    plain, varying = said_of(), said_of(varying=["size", "afp"])

    assert "on the covariates at time zero (Hernan" in plain
    assert "drawn" not in plain
    assert "(size and afp, none of the day of a treatment) or at time zero" in varying
    assert "on a day drawn from those of all treatments" in varying
    day = said_of(varying=["size"], same_day=True)
    assert "before each interval (size) or at time zero" in day
