"""The app against the bare engine: one user and sixteen, through /v1 and through the pages.

The bare engine is `ContinuousBatchingPipeline` in a process of its own, built as the app builds it.
Prompts, sampling, seeds and the number of tokens are the same on every side; this process is the
client of all of them.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing

from benchmarks.harness import workload
from benchmarks.harness.api import Ask
from benchmarks.harness.app import App, people
from benchmarks.harness.bare import BareEngine
from benchmarks.harness.crowd import Crowd, whole
from benchmarks.harness.figures import Figure, Report, at_least, ratio
from benchmarks.harness.rounds import Side, in_turns
from benchmarks.harness.streams import Stream, throughput

ROUNDS = 5
BARE, API, PAGES = "bare engine", "app, /v1", "app, pages"
AIMS = {API: 0.90, PAGES: 0.85}
AIM_ALONE = 0.95


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=int, nargs="+", default=[1, 16], help="(1 16)")
    parser.add_argument("--tokens", type=int, default=64, help="new tokens for each user (64)")


async def measure(options: argparse.Namespace) -> Report:
    report = Report("against_bare", f"The app against the bare engine, {options.tokens} new tokens")
    report.notes.append(
        f"Medians of {options.rounds} rounds in turns; 32 prompt tokens, no two prompts alike."
    )
    async with workload.serving(options.model) as app:
        prepared = await options.model.prepared()
        everybody = people(options.data_dir, max(options.users))
        crowd = await Crowd.logged_in(app, options.model.id, everybody)
        await crowd.open_tabs(max(options.users))
        with closing(await asyncio.to_thread(BareEngine, prepared.spec, prepared.prompts)) as bare:
            for users in options.users:
                await _compare(users, options, bare, app, crowd, report)
    return report


async def _compare(
    users: int,
    options: argparse.Namespace,
    bare: BareEngine,
    app: App,
    crowd: Crowd,
    report: Report,
) -> None:
    costs: dict[str, list[float]] = {API: [], PAGES: []}

    async def alone(number: int) -> float:
        asks = workload.asks(users, options.tokens, number)
        return throughput(whole(await asyncio.to_thread(bare.run, asks)))

    def through(name: str, ask: Callable[[list[Ask]], Awaitable[list[Stream]]]) -> Side:
        async def side(number: int) -> float:
            before = app.cpu_seconds()
            streams = await ask(workload.asks(users, options.tokens, number))
            made = sum(stream.tokens for stream in streams)
            costs[name].append((app.cpu_seconds() - before) / made * 1000)
            return throughput(streams)

        return side

    sides = {BARE: alone, API: through(API, crowd.through_api)}
    if users > 1:
        sides[PAGES] = through(PAGES, crowd.through_pages)
    print(f"{users} users, tokens/s:", flush=True)
    rates = await in_turns(sides, options.rounds)
    for name, rate in rates.items():
        report.add(Figure.median(f"{users} users, {name}", rate, "tokens/s"))
    for name in list(rates)[1:]:
        aim = at_least(AIM_ALONE if users == 1 else AIMS[name])
        report.add(ratio(f"{users} users, {name} / bare", rates[name], rates[BARE], aim))
        cost = f"{users} users, {name}: web process"
        report.add(Figure.median(cost, costs[name][1:], "ms CPU/token"))
