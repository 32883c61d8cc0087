"""Measuring engine processes by themselves, on a tiny real model."""

import shutil
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.config import Settings
from app.inference.bench.alone import Plan, run
from app.inference.bench.figures import Case, Row, Setup

pytestmark = [pytest.mark.engine, pytest.mark.anyio]

GENAI = Setup("tiny", "int8", "CPU", "genai")
STATELESS = replace(GENAI, engine="optimum-stateless")
TORCH = Setup("tiny", "fp16", "CPU", "torch")


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path) -> Settings:
    shutil.copytree(tiny_model, tmp_path / "models" / "tiny" / "int8")
    return Settings(_env_file=None, data_dir=tmp_path, kv_cache_gb=0.1)


def plan(setups: Sequence[Setup], *cases: Case, checkpoint: Path | None = None) -> Plan:
    return Plan(tuple(setups), cases or (Case(16, 2, 6),), 2, ("CPU", "AUTO"), checkpoint)


async def rows(settings: Settings, wanted: Plan) -> tuple[list[Row], list[str]]:
    said: list[str] = []
    found = [row async for row in run(settings, wanted, said.append)]
    return found, said


def children() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if "multiprocessing.spawn" in " ".join(child.cmdline())
    ]


async def test_each_setup_is_measured_and_none_is_left_behind(
    settings: Settings, tiny_checkpoint: Path
) -> None:
    wanted = plan((GENAI, STATELESS, TORCH), checkpoint=tiny_checkpoint)
    found, said = await rows(settings, wanted)
    assert [row.setup for row in found] == [GENAI, STATELESS, TORCH]
    for row in found:
        assert row.measured is not None, row.reason
        assert [[one.tokens for one in each] for each in row.measured.rounds] == [[6, 6], [6, 6]]
        for one in (one for each in row.measured.rounds for one in each):
            assert one.submitted_at < one.first_at <= one.last_at
        assert row.load_s is not None
        assert row.load_s > row.measured.ttft_s
        assert row.peak_bytes is not None
        assert row.peak_bytes > 50e6  # Python and a library at the least
    assert "[3/3] tiny · fp16 · CPU · torch: 16 tokens, 2 users" in said
    assert children() == []


async def test_what_cannot_run_is_a_row_and_the_rest_goes_on(settings: Settings) -> None:
    setups = (
        replace(GENAI, device="GPU"),
        replace(GENAI, model_id="nope"),
        TORCH,  # of which nobody gave the checkpoint
        GENAI,
    )
    found, _ = await rows(settings, plan(setups, Case(600, 1, 6), Case(16, 1, 6)))
    gpu, unknown, torch, too_long, fits = found
    assert "no device GPU" in gpu.reason
    assert "not installed" in unknown.reason
    assert "--checkpoint" in torch.reason
    assert "600 tokens" in too_long.reason
    assert "512" in too_long.reason
    assert [row.case is None for row in found] == [True, True, True, False, False]
    assert [row.measured is None for row in found] == [True, True, True, True, False]
    assert fits.reason == ""


async def test_an_interrupt_leaves_no_process_behind(settings: Settings) -> None:
    wanted = plan((GENAI,), Case(16, 1, 6), Case(16, 1, 400))
    async with aclosing(run(settings, wanted, lambda _text: None)) as found:
        await anext(found)
        assert len(children()) == 1
    assert children() == []
