"""The Admin page's measurement: who may, one at a time, what it shows, and that it ends."""

import asyncio
import base64
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from xml.etree import ElementTree

import gradio as gr
import pytest

from app.errors import EngineUnavailable
from app.inference.bench import served
from app.inference.bench.figures import Case, Measured, Row, Setup, Timing
from app.inference.bench.served import Step
from app.pages import speed
from app.pages.speed import SpeedPart
from app.services import Services
from tests.pages.conftest import As

pytestmark = pytest.mark.anyio

CASES = (Case(32, 1, 8), Case(256, 4, 8))
ROW = Row(
    Setup("built-in", "int8", "CPU", "genai"),
    CASES[0],
    Measured(((Timing(0.0, 0.25, 1.0, 8),),)),
    load_s=3.5,
    peak_bytes=215_000_000,
)


class Measuring:
    """Stands for `served.run`; `hold` keeps it from going on, `closed` tells that it ended."""

    def __init__(self) -> None:
        self.rows = [ROW, replace(ROW, case=CASES[1], measured=None, reason="Too *long*.")]
        self.error: EngineUnavailable | None = None
        self.hold = asyncio.Event()
        self.hold.set()
        self.seeds: list[int] = []
        self.closed = 0

    async def __call__(self, _service: object, seed: int) -> AsyncGenerator[Step | Row]:
        self.seeds.append(seed)
        try:
            for number, row in enumerate(self.rows, 1):
                assert row.case is not None
                yield Step(number, len(self.rows), row.case)
                await self.hold.wait()
                if self.error is not None:
                    raise self.error
                yield row
        finally:
            self.closed += 1


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch) -> Measuring:
    measuring = Measuring()
    monkeypatch.setattr(served, "run", measuring)
    return measuring


@pytest.fixture
def part(services: Services) -> SpeedPart:
    return SpeedPart(services)


async def shown(part: SpeedPart, request: gr.Request) -> list[str]:
    return [str(text) async for text in part.measure(request) if isinstance(text, str)]


async def test_a_table_and_then_a_picture(
    part: SpeedPart, measuring: Measuring, asking: As
) -> None:
    *_, table, whole = await shown(part, asking())
    assert "**built-in · int8 · CPU · genai** · loaded in 3.5 s · up to 215 MB" in table
    assert (
        "| 32 tokens, 1 user | 0.25 s | 0.25 s | 107.1 ms | 9.3 tokens/s | 8.0 tokens/s |" in table
    )
    assert r"| 256 tokens, 4 users | Too \*long\*. |" in table
    assert "other" not in table
    assert whole.startswith(table)
    picture = re.search(r"!\[.+\]\(data:image/svg\+xml;base64,(.+)\)", whole)
    assert picture
    assert ElementTree.fromstring(base64.b64decode(picture[1])).tag.endswith("svg")
    await shown(part, asking())
    assert measuring.seeds[0] != measuring.seeds[1]


async def test_other_peoples_requests_are_told(
    part: SpeedPart, measuring: Measuring, asking: As
) -> None:
    measuring.rows = [replace(ROW, others=1), replace(ROW, case=CASES[1], others=3)]
    assert "Up to 3 other requests of other people ran" in (await shown(part, asking()))[-1]
    measuring.rows = [replace(ROW, others=1)]
    assert "Up to 1 other request of other people ran" in (await shown(part, asking()))[-1]


async def test_only_admins_may(part: SpeedPart, measuring: Measuring, asking: As) -> None:
    asking("ada")
    with pytest.raises(gr.Error, match="Only an admin may do this"):
        await shown(part, asking("eve"))
    assert measuring.seeds == []


async def test_one_at_a_time_with_progress(
    part: SpeedPart, measuring: Measuring, asking: As
) -> None:
    measuring.hold.clear()
    async with aclosing(part.measure(asking("ada"))) as first:
        assert "Measuring 1 of 2: 32 tokens, 1 user…" in str(await anext(first))
        with pytest.raises(gr.Error, match="under way already"):
            await shown(part, asking("ada", tab="another"))
        measuring.hold.set()
        async for _ in first:
            pass
    assert len(await shown(part, asking())) > 0, "the place is free again"


async def test_a_page_that_goes_away_ends_it(
    part: SpeedPart, measuring: Measuring, asking: As
) -> None:
    measuring.hold.clear()
    async with aclosing(part.measure(asking())) as events:
        await anext(events)
        # Silence is broken now and then: only so does Gradio notice that nobody looks.
        async with asyncio.timeout(3):
            assert not isinstance(await anext(events), str)
    assert measuring.closed == 1
    measuring.hold.set()
    assert await shown(part, asking())


async def test_what_ends_it_is_told(part: SpeedPart, measuring: Measuring, asking: As) -> None:
    measuring.error = EngineUnavailable("The model was switched meanwhile. Measure again.")
    with pytest.raises(gr.Error, match="switched meanwhile"):
        await shown(part, asking())
    measuring.error = None
    assert await shown(part, asking())


async def test_without_figures_there_is_no_picture(
    part: SpeedPart, measuring: Measuring, asking: As
) -> None:
    measuring.rows = measuring.rows[1:]
    assert "data:" not in (await shown(part, asking()))[-1]
    assert speed.notes([]) == "Nothing was measured."
