"""Running the app as an operator does: many users at once, a kill, a signal, a second start."""

import asyncio
import itertools
from pathlib import Path

import openai
import pytest

from tests.live.app import PASSWORD, LiveApp, wait_for

pytestmark = pytest.mark.engine

STORY = "Tell me a story."


def key_of(app: LiveApp, name: str) -> str:
    app.command("users", "add", name, stdin=f"{PASSWORD}\n")
    return app.command("users", "api-key", name).stdout.split()[-1]


async def watch(app: LiveApp, key: str, name: str, tokens: int, order: list[str]) -> int:
    """Stream one completion; `order` learns whose chunk came when."""
    client = openai.AsyncOpenAI(base_url=f"{app.url}/v1", api_key=key, max_retries=0)
    used = 0
    async with client:
        stream = await client.chat.completions.create(
            model="slow",
            messages=[{"role": "user", "content": STORY}],
            max_tokens=tokens,
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            order.append(name)
            used = chunk.usage.completion_tokens if chunk.usage else used
    return used


def test_eight_users_progress_together(slow_app: LiveApp) -> None:
    slow_app.wait_until_ready()
    keys = {name: key_of(slow_app, name) for name in (f"reader-{n}" for n in range(8))}
    order: list[str] = []

    async def all_at_once() -> list[int]:
        watchers = (watch(slow_app, key, name, 40, order) for name, key in keys.items())
        return list(await asyncio.gather(*watchers))

    assert asyncio.run(all_at_once()) == [40] * 8
    first_end = min(len(order) - 1 - order[::-1].index(name) for name in keys)
    begun = {name: order[:first_end].count(name) for name in keys}
    assert min(begun.values()) > 10, begun


def test_eight_streams_end_with_an_error_when_the_engine_is_killed(slow_app: LiveApp) -> None:
    slow_app.wait_until_ready()
    wait_for(lambda: len(slow_app.engine_pids()) == 1, 30)
    key = key_of(slow_app, "witness")
    order: list[str] = []

    async def until_killed() -> list[int | BaseException]:
        names = ("a", "b", "c", "d")
        watchers = [asyncio.create_task(watch(slow_app, key, n, 2000, order)) for n in names]
        while set(order) != set(names):
            await asyncio.sleep(0.05)
        slow_app.kill_engine()
        return list(await asyncio.gather(*watchers, return_exceptions=True))

    endings = asyncio.run(until_killed())
    assert all(isinstance(ending, openai.APIError) for ending in endings), endings
    slow_app.wait_until_ready(60)
    assert asyncio.run(watch(slow_app, key, "after", 5, order)) == 5


def test_a_term_signal_lets_streams_finish(slow_model: Path, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(slow_model)
    app = LiveApp(tmp_path, "--model", "slow")
    app.wait_until_ready()
    key = key_of(app, "ada")
    order: list[str] = []

    async def stop_in_the_middle() -> tuple[int, int]:
        watching = asyncio.create_task(watch(app, key, "ada", 60, order))
        while len(order) < 5:
            await asyncio.sleep(0.05)
        stopping = asyncio.create_task(asyncio.to_thread(app.stop))
        return await watching, await stopping

    assert asyncio.run(stop_in_the_middle()) == (60, 0)
    assert not any("Traceback" in line for line in app.log)


def test_a_second_start_needs_no_conversion(app: LiveApp, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(app.data_dir / "models")
    again = LiveApp(tmp_path)
    again.wait_until_ready()
    assert again.stop() == 0
    assert any("model ready" in line for line in again.log)
    assert not any("Compressing" in line for line in again.log)
    assert any("Compressing" in line for line in app.log), "the first start converts"


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("--device", "TPU"), "Choose"),
        (("--model", "nowhere"), "nstalled"),
        (("--weight-format", "int2"), "choose from"),
        (("--port", "99999"), "65535"),
    ],
)
def test_what_cannot_be_served_is_refused_in_one_line(
    app: LiveApp, options: tuple[str, str], remedy: str
) -> None:
    answer = app.command("serve", *options)
    assert answer.returncode == 2
    assert remedy in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_no_secret_stands_in_the_log(slow_app: LiveApp) -> None:
    key = key_of(slow_app, "quiet")
    asyncio.run(watch(slow_app, key, "quiet", 3, []))
    secrets = (PASSWORD, key, STORY)
    assert not [s for s, line in itertools.product(secrets, slow_app.log) if s in line]
