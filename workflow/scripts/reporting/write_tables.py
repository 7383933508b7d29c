"""Write the tables of a paper, each as a Word file of its own."""

from pathlib import Path

from twoarm.reporting.apart import select_table
from twoarm.reporting.chinese import names_of, translate_paper, translate_report
from twoarm.reporting.content import content_of
from twoarm.reporting.phrases import Phrases, read_phrases
from twoarm.reporting.sections import report_of
from twoarm.reporting.word import render_word
from twoarm.runner import run
from twoarm.tables.contract import write_bytes
from twoarm.tables.shown import SHOWN


def main(tables, catalogue, papers, *, study, figures):
    """Make the report of the disclosed tables again; write each table of it apart."""
    read = {Path(path).stem: SHOWN[Path(path).stem].read_csv(path) for path in tables}
    report = report_of(content_of(study, read, figures))
    for path in papers:
        apart = select_table(report, Path(path).stem)
        if study["language"] == "zh":
            known = read_phrases(Path(catalogue).read_text(encoding="utf-8"))
            told = translate_report(apart, Phrases(known, names_of(study, read)))
            apart = translate_paper(apart, told)
        write_bytes(render_word(apart, {}), path)


if __name__ == "__main__":
    run(main, snakemake)
