"""From `launch.py` to pages that answer, and to the first token: the first start and later ones.

The first start converts the built-in model. The operating system's file cache is warm, as it is
after an installation; the models and the database are in a folder of their own.
"""

import argparse
import asyncio
import shutil
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.harness import api, http, page
from benchmarks.harness.api import Ask
from benchmarks.harness.app import App, Person, make_person
from benchmarks.harness.crowd import whole
from benchmarks.harness.figures import Figure, Report, at_most

ROUNDS = 5
AIM = at_most(5)
_MODEL = "built-in"
Times = dict[str, list[float]]


def add_options(parser: argparse.ArgumentParser) -> None:
    del parser  # the rounds are the later starts


async def measure(options: argparse.Namespace) -> Report:
    report = Report("startup", "From the command to pages and tokens")
    folder = _empty(options.data_dir / "startup")
    first: Times = defaultdict(list)
    later: Times = defaultdict(list)
    person = await _start(folder, None, first)
    for number in range(1, options.rounds + 1):
        await _start(folder, person, later)
        print(f"  start {number + 1}: {', '.join(_told(later))}", flush=True)
    for name, seconds in first.items():
        report.add(Figure.median(f"first start: {name}", seconds, "s"))
    for name, seconds in later.items():
        aim = AIM if name == "pages answer" else None
        report.add(Figure.median(f"later start: {name}", seconds, "s", aim))
    report.notes.append(f"Medians of {options.rounds} later starts, from the command's start.")
    return report


async def _start(folder: Path, person: Person | None, times: Times) -> Person:
    """One start; without a person, their account is made as soon as pages answer."""
    app = await asyncio.to_thread(App, folder)

    def note(name: str) -> None:
        times[name].append(time.monotonic() - app.started_at)

    try:
        await http.get(app.port, "/login")
        note("pages answer")
        if person is None:
            person = await asyncio.to_thread(make_person, folder, "bench")
        await page.open_page(app, await app.log_in(person), "/")
        note("somebody has logged in and sees the first page")
        await app.ready()
        note("the model is ready")
        ask = Ask.of("Who are you?", tokens=4, seed=1)
        (stream,) = whole([await api.complete(app.port, person.key, _MODEL, ask)])
        times["the first token is there"].append(stream.arrivals[0] - app.started_at)
    finally:
        await asyncio.to_thread(app.stop)
    return person


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _told(times: Times) -> list[str]:
    return [f"{name} {seconds[-1]:.1f} s" for name, seconds in times.items()]
