"""Another device while eight people stream: CPU to AUTO and back, chosen on a page.

Everybody asks again whenever they have been answered, until the switch back is over, so that some
streams begin before a switch, some during one, and some after it. None may be lost. On a machine
without a GPU, AUTO is the CPU again: the engine is another process all the same.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from benchmarks.harness import http, page, workload
from benchmarks.harness.app import people
from benchmarks.harness.crowd import Crowd
from benchmarks.harness.figures import Figure, Report, at_least, at_most
from benchmarks.harness.streams import Stream

ROUNDS = 1
_CALM_S = 5.0


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=int, default=8, help="(8)")
    parser.add_argument("--tokens", type=int, default=128, help="new tokens for each stream (128)")
    parser.add_argument("--device", default="AUTO", help="where to switch from CPU (AUTO)")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the run, in seconds of `time.monotonic`."""

    begun_at: float
    ended_at: float


async def measure(options: argparse.Namespace) -> Report:
    report = Report("switching", f"Switching the device while {options.users} people stream")
    streams: list[Stream] = []
    refused: list[str] = []
    switches: list[Span] = []
    everybody = people(options.data_dir, options.users)
    async with workload.serving(options.model) as app:
        crowd = await Crowd.logged_in(app, options.model.id, everybody)
        tab = await page.open_page(app, await app.log_in(everybody[0]), "/")
        over = asyncio.Event()

        async def keep_asking(number: int) -> None:
            for seed in count(number, 1000):
                if over.is_set():
                    return
                (ask,) = workload.asks(1, options.tokens, seed)
                try:
                    streams.append(await crowd.ask(number, ask))
                except (http.Refused, OSError, EOFError) as error:
                    refused.append(str(error))

        asking = [asyncio.create_task(keep_asking(number)) for number in range(options.users)]
        for device in (options.device, "CPU") * options.rounds:
            await asyncio.sleep(_CALM_S)
            switches.append(await _switch(tab, device))
            print(f"  {device}: {_seconds(switches[-1]):.1f} s", flush=True)
        await asyncio.sleep(_CALM_S)
        over.set()
        await asyncio.gather(*asking)
    _tell(report, options, streams, refused, switches)
    return report


async def _switch(tab: page.Tab, device: str) -> Span:
    """Choose a device on the page and wait until the dropdown says that it serves."""
    begun_at = time.monotonic()
    shown = [outputs async for outputs in tab.fire("Device", "input", {"Device": device})]
    if shown[-1][0] != device:
        raise page.EventFailed(f"The page did not switch to {device}: {shown[-1]}")
    return Span(begun_at, time.monotonic())


def _tell(
    report: Report,
    options: argparse.Namespace,
    streams: Sequence[Stream],
    refused: Sequence[str],
    switches: Sequence[Span],
) -> None:
    lost = [stream for stream in streams if not stream.whole]
    begun = len(streams) + len(refused)
    asked = begun * options.tokens
    report.add(
        Figure("streams begun", begun),
        Figure("streams lost or refused", len(lost) + len(refused), aim=at_most(0)),
        Figure(
            "tokens received / asked for", sum(s.tokens for s in streams) / asked, aim=at_least(1)
        ),
        Figure.median("duration of a switch", [_seconds(span) for span in switches], "s"),
        Figure("longest pause of a stream during a switch", longest_pause(streams, switches), "s"),
        Figure("longest pause of a stream otherwise", longest_pause(streams, switches, False), "s"),
    )
    report.notes += [f"Refused: {reason}" for reason in sorted(set(refused))]


def longest_pause(streams: Sequence[Stream], spans: Sequence[Span], inside: bool = True) -> float:
    """The longest time between two arrivals of one stream that touches one of the spans, or none.

    In seconds; 0 if there is no such time.
    """
    pauses = [pair for stream in streams for pair in pairwise(stream.arrivals)]

    def touches(begun_at: float, ended_at: float) -> bool:
        return any(begun_at < span.ended_at and ended_at > span.begun_at for span in spans)

    chosen = (later - earlier for earlier, later in pauses if touches(earlier, later) is inside)
    return max(chosen, default=0.0)


def _seconds(span: Span) -> float:
    return span.ended_at - span.begun_at
