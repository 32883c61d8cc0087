"""Benchmarks run to their report: a tiny model, few tokens, no look at how fast."""

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.harness import figures
from benchmarks.random_model import SHAPES, Shape

pytestmark = pytest.mark.engine

TINY = Shape("llama", "LlamaForCausalLM", 20_500, 64, 128, 2, 4, 2, 1024)
OPTIONS = {
    "against_bare": "--users 2 --tokens 4",
    "memory": "--users 2 --conversations 2 --idle 1",
}
"""Those that together use the whole harness: every client, every page, the bare engine."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(autouse=True)
def _tiny(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHAPES, "tiny", TINY)
    monkeypatch.setattr(figures, "RESULTS", data_dir / "results")


@pytest.mark.parametrize("name", OPTIONS)
def test_a_benchmark_ends_with_its_figures(
    name: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"{name} --shape tiny --rounds 1 --data-dir {data_dir} {OPTIONS[name]}"
    command.main(words.split())
    kept = json.loads((data_dir / "results" / f"{name}.json").read_text())
    assert all(figure["value"] >= 0 for figure in kept["figures"])
    printed = capsys.readouterr().out
    assert all(figure["name"] in printed for figure in kept["figures"])
    assert "Machine: " in printed
