"""The status line and the "Device" dropdown."""

import asyncio
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from app.inference.types import ServiceState
from app.pages.serving import StatusLine, plain, status_line
from app.pages.switching import DeviceControl, Switching
from app.services import Services
from tests.pages.conftest import As
from tests.pages.fakes import FakeInference

pytestmark = pytest.mark.anyio


@pytest.fixture
def switching(services: Services) -> Switching:
    return Switching(services)


@pytest.fixture
def devices(services: Services, switching: Switching) -> DeviceControl:
    return DeviceControl(services, switching)


async def test_the_dropdown_shows_full_names_and_the_device_that_serves(
    devices: DeviceControl, asking: As
) -> None:
    shown: Any = await devices.load(asking())
    assert shown["value"] == "CPU"
    assert shown["choices"] == [
        ("CPU — Intel(R) Core(TM) Ultra 7 155H", "CPU"),
        ("GPU — Intel(R) Arc(TM) Graphics (iGPU)", "GPU"),
        ("AUTO — chooses among the devices of this machine (CPU, GPU)", "AUTO"),
    ]


async def test_switching_shows_progress_and_ends_on_the_new_device(
    devices: DeviceControl, inference: FakeInference, asking: As
) -> None:
    inference.switch_s = 0.5
    updates = [update async for update in devices.switch("AUTO", asking())]
    assert "**Switching**" in str(updates[0][1])
    assert updates[-1] == ("AUTO", "**Ready** · built-in · int8 · AUTO (CPU)")


async def test_a_device_that_fails_puts_the_dropdown_back(
    devices: DeviceControl, inference: FakeInference, asking: As
) -> None:
    updates: list[Any] = []
    stream = devices.switch("GPU", asking())

    async def run() -> None:
        async for update in stream:
            updates.append(update)

    with pytest.raises(gr.Error, match="the device has no driver"):
        await run()
    assert updates[-1][0] == "CPU"
    assert "the device has no driver" in updates[-1][1]


async def test_a_choice_that_arrives_twice_switches_once(
    devices: DeviceControl, inference: FakeInference, asking: As
) -> None:
    inference.switch_s = 0.2

    async def run() -> list[Any]:
        return [update async for update in devices.switch("AUTO", asking())]

    first, second = await asyncio.gather(run(), run())
    assert len(inference.switches) == 1
    assert first[-1][0] == "AUTO"
    assert second == [(gr.skip(), gr.skip())]


async def test_a_closed_page_does_not_stop_the_switch(
    devices: DeviceControl, inference: FakeInference, asking: As
) -> None:
    inference.switch_s = 0.4
    updates = devices.switch("AUTO", asking())
    await anext(updates)
    await updates.aclose()
    await asyncio.sleep(0.5)
    serving = inference.state.serving
    assert serving is not None
    assert serving.device == "AUTO"


async def test_only_admins_switch_where_the_operator_says_so(
    services: Services, inference: FakeInference, asking: As
) -> None:
    settings = services.settings.model_copy(update={"who_may_switch": "admins"})
    strict = replace(services, settings=settings)
    devices = DeviceControl(strict, Switching(strict))
    boss, other = asking("ada"), asking("bob")
    shown: Any = await devices.load(other)
    assert shown["interactive"] is False

    async def run(request: gr.Request) -> None:
        async for _ in devices.switch("AUTO", request):
            pass

    with pytest.raises(gr.Error, match="Only admins"):
        await run(other)
    assert inference.switches == []
    await run(boss)
    assert inference.switches == [(None, "AUTO")]


async def test_the_dropdown_follows_others_but_not_in_the_middle_of_a_switch(
    devices: DeviceControl, inference: FakeInference, asking: As
) -> None:
    ada = asking()
    # With its choices: a new page may hear of the status before it has been filled.
    assert await devices.follow("AUTO", ada) == await devices.load(ada)
    assert await devices.follow("CPU", ada) == gr.skip()
    inference.state = ServiceState("switching", inference.state.serving)
    assert await devices.follow("AUTO", ada) == gr.skip()


def test_the_status_line_says_everything_once(services: Services, inference: FakeInference) -> None:
    status = StatusLine(services)
    line = status.look("")
    assert line == "**Ready** · built-in · int8 · CPU"
    assert status.look(str(line)) == gr.skip()
    inference.state = ServiceState("failed", detail="It broke on line_1 | *twice*.")
    assert status.look("") == "**No model** · It broke on line\\_1 \\| \\*twice\\*."
    assert status_line(ServiceState("stopped")) == "**Shutting down**"
    assert plain("a\nb") == "a b"
