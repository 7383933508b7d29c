"""List what made each table of the release: jobs, params, and inputs with checksums."""

from twoarm.origins import describe_origins, spell_origins
from twoarm.runner import run
from twoarm.tables.contract import write_text


def main(files, effects, origins, *, jobs, released):
    """Describe the jobs that made the tables; `files` are all that they read."""
    assert {name for job in jobs for name in job["inputs"]} == {*files}
    write_text(spell_origins(describe_origins(jobs, released, effects)), origins)


if __name__ == "__main__":
    run(main, snakemake)
