"""List what made each table of the release: jobs, params, and inputs with checksums."""

from twoarm.origins import describe_origins, spell_origins
from twoarm.runner import run
from twoarm.tables.contract import write_text


def main(files, effects, origins, *, jobs, names, released):
    """Describe the jobs that made the tables; `files` are all that they read."""
    named = dict(zip(names, files, strict=True))
    write_text(spell_origins(describe_origins(jobs, named, effects, released)), origins)


if __name__ == "__main__":
    run(main, snakemake)
