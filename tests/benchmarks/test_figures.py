"""The arithmetic of figures, of streams and of rounds."""

import json
from pathlib import Path

import pytest

from benchmarks.harness import figures
from benchmarks.harness.figures import Figure, Report, at_least, at_most, percentile, ratio
from benchmarks.harness.rounds import in_turns
from benchmarks.harness.streams import Stream, throughput
from benchmarks.switching import Span, longest_pause

pytestmark = pytest.mark.anyio


def stream(asked_at: float, *arrivals: float, tokens: int = 0) -> Stream:
    return Stream(asked_at, arrivals, arrivals[-1], tokens or len(arrivals), whole=True)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile(values, 100) == 100
    assert percentile([7.0], 99) == percentile([7.0], 0) == 7


@pytest.mark.parametrize(
    ("aim", "value", "verdict"),
    [
        (at_least(0.9), 0.9, "aim at least 0.9: holds"),
        (at_least(0.9), 0.899, "aim at least 0.9: does not hold"),
        (at_most(50), 50, "aim at most 50: holds"),
        (at_most(50), 50.1, "aim at most 50: does not hold"),
        (None, 1, ""),
    ],
)
def test_a_figure_is_held_against_its_aim(
    aim: figures.Aim | None, value: float, verdict: str
) -> None:
    assert Figure("x", value, aim=aim).verdict == verdict


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    # A slow second round weighs nothing: both sides were slow. The ratio of medians would be 0.9.
    figure = ratio("x", ours=[90, 10, 80], theirs=[100, 10, 100])
    assert (figure.value, figure.spread) == (0.9, (0.8, 1.0))
    with pytest.raises(ValueError, match="argument 2 is longer"):
        ratio("x", ours=[1], theirs=[1, 2])


def test_the_block_tells_figures_spread_verdict_machine_and_versions() -> None:
    report = Report("x", "A title", ["A note."])
    report.add(Figure.median("speed", [1.0, 2.5, 300.0], "tokens/s", at_least(2)))
    block = report.block()
    assert "A title" in block
    assert "A note." in block
    assert "2.50 tokens/s" in block
    assert "(1 to 300)" in block
    assert "aim at least 2: holds" in block
    assert "cores" in block
    assert "openvino-genai 20" in block


def test_the_result_is_kept_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "RESULTS", tmp_path / "results")
    report = Report("x", "A title")
    report.add(Figure("speed", 1.0, "tokens/s", aim=at_least(2)))
    report.picture = "<svg/>"
    (figure,) = json.loads(report.save().read_text())["figures"]
    assert figure["value"] == 1.0
    assert figure["holds"] is False
    assert figure["lowest"] is None
    assert (tmp_path / "results" / "x.svg").read_text() == "<svg/>"


def test_throughput_counts_from_the_first_question_to_the_last_end() -> None:
    assert throughput([stream(0, 1, 2, tokens=10), stream(1, 3, 4, tokens=10)]) == 20 / 4


def test_the_first_token_is_counted_from_the_question() -> None:
    assert stream(2, 2.5, 3, 5).ttft == 0.5
    assert Stream(2, (), 6, 0, whole=False).ttft == 4


def test_the_longest_pause_belongs_to_the_switch_that_it_touches() -> None:
    streams = [stream(0, 1, 2, 7, 8), stream(0, 10, 13)]
    switch = [Span(6, 7.5)]
    assert longest_pause(streams, switch) == 5
    assert longest_pause(streams, switch, inside=False) == 3
    assert longest_pause(streams, [Span(20, 30)]) == 0


async def test_sides_take_turns_and_the_first_round_counts_nothing() -> None:
    order: list[tuple[str, int]] = []

    def side(name: str) -> object:
        async def measured(number: int) -> float:
            order.append((name, number))
            return float(number)

        return measured

    got = await in_turns({"a": side("a"), "b": side("b")}, 2)  # type: ignore[dict-item]
    assert got == {"a": [1, 2], "b": [1, 2]}
    assert order == [("b", 0), ("a", 0), ("a", 1), ("b", 1), ("b", 2), ("a", 2)]
