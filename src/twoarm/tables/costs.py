"""The contract of what a run cost."""

from twoarm.tables.contract import Table, dy


class Costs(Table):
    """One row a rule: what its jobs cost when they last ran. Differs from run to run.

    It lies in `logs/<study>/cost.csv`, since it is measured, not derived.
    """

    stage = dy.String(primary_key=True, description="Stage.")
    rule = dy.String(primary_key=True, description="Rule.")
    n_jobs = dy.Int64(min=1, description="Jobs of the rule in this study.")
    n_earlier = dy.Int64(
        min=0, description="Jobs kept from an earlier run, as measured then."
    )
    n_unmeasured = dy.Int64(min=0, description="Jobs kept of which nothing is known.")
    wall_seconds = dy.Float64(
        min=0, nullable=True, description="Seconds of all jobs, their starts included."
    )
    longest_seconds = dy.Float64(
        min=0, nullable=True, description="Seconds of the longest job."
    )
    cpu_seconds = dy.Float64(
        min=0, nullable=True, description="CPU seconds of all jobs and their processes."
    )
    peak_mib = dy.Float64(
        min=0, nullable=True, description="Most memory that one job held, in MiB."
    )
    share = dy.Float64(
        min=0, max=1, nullable=True, description="Share of the seconds of all rules."
    )
