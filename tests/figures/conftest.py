from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from twoarm.figures.house import house_style, save


@pytest.fixture
def drawn(monkeypatch):
    """Texts that a figure really draws, each with its box in pixels."""

    def texts(figure):
        seen = []
        plain = Text.draw

        def record(text, renderer):
            if text.get_visible() and text.get_text().strip():
                seen.append(text)
            plain(text, renderer)

        with monkeypatch.context() as patch, house_style():
            patch.setattr(Text, "draw", record)
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
        renderer = canvas.get_renderer()
        return [(text, text.get_window_extent(renderer)) for text in seen]

    return texts


@pytest.fixture
def check_legible(drawn):
    """Every text is within the figure, over no other, and at least 6 pt."""

    def check(figure):
        texts = drawn(figure)
        assert texts
        for text, box in texts:
            words = text.get_text()
            assert text.get_fontsize() >= 6, words
            assert min(box.x0, box.y0) >= -0.5, words
            assert box.x1 <= figure.bbox.x1 + 0.5, words
            assert box.y1 <= figure.bbox.y1 + 0.5, words
        for (one, a), (other, b) in combinations(texts, 2):
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide <= 1 or high <= 1, (one.get_text(), other.get_text())

    return check


@pytest.fixture
def check_same_bytes(tmp_path):
    """Drawn and saved twice, a figure gives the same bytes in each format."""

    def check(draw):
        figures = [draw(), draw()]
        for suffix in ("svg", "pdf", "png"):
            paths = [tmp_path / f"{name}.{suffix}" for name in ("first", "second")]
            for figure, path in zip(figures, paths, strict=True):
                save(figure, path)
            assert paths[0].read_bytes() == paths[1].read_bytes()

    return check
