"""Pictures: real ones, of what there is to draw."""

import struct
from xml.etree import ElementTree

import pytest

from app.errors import VinoChatError
from app.inference.bench import plot
from app.inference.bench.figures import Case, Measured, Row, Setup, Timing

CASES = (Case(32, 1, 8), Case(32, 4, 8))
MEASURED = Measured(((Timing(0.0, 0.25, 1.0, 8),),))
GENAI, TORCH, GPU = (
    Setup("mine", "int8", device, engine)
    for device, engine in (("CPU", "genai"), ("CPU", "torch"), ("GPU", "genai"))
)
ROWS = (
    Row(GENAI, CASES[0], MEASURED),
    Row(GENAI, CASES[1], MEASURED),
    Row(TORCH, CASES[0], MEASURED),
    Row(TORCH, CASES[1], reason="Too long."),
    Row(GPU, reason="There is no GPU."),
)


def test_the_chart_has_what_was_measured() -> None:
    chart = plot.chart(ROWS)
    assert chart.cases == ["32 tokens, 1 user", "32 tokens, 4 users"]
    assert chart.bars == [
        plot.Bars(str(GENAI), [8.0, 8.0], [0.25, 0.25]),
        plot.Bars(str(TORCH), [8.0, None], [0.25, None]),
    ]
    assert plot.chart(ROWS[3:]) == plot.Chart([], [])


def test_an_svg_has_the_words_and_the_figures() -> None:
    svg = plot.render(plot.chart(ROWS), "svg")
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {
        "".join(one.itertext()).strip() for one in root.iter("{http://www.w3.org/2000/svg}text")
    }
    assert {str(GENAI), str(TORCH), "32 tokens, 4 users", "8.0", "0.25"} <= texts
    assert str(GPU) not in texts
    assert plot.render(plot.chart(ROWS), "svg") == svg, "the same figures give another file"


def test_a_png_is_one() -> None:
    png = plot.render(plot.chart(ROWS), "png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert width > 800
    assert height > 200


def test_what_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot, "_TIMEOUT_S", 0.001)
    with pytest.raises(VinoChatError, match="could not be drawn"):
        plot.render(plot.chart(ROWS), "svg")
