"""What the web process and the engine process take: memory, and processor time while idle.

From the start to fifty conversations. RSS counts what is shared with other processes in full, PSS
its share of it. What must never be in the web process is looked for among the files that it has
mapped.
"""

import argparse
import asyncio
from collections.abc import Sequence

import psutil

from benchmarks.harness import page, workload
from benchmarks.harness.api import Ask
from benchmarks.harness.app import App, Person, people
from benchmarks.harness.crowd import Crowd, whole
from benchmarks.harness.figures import Figure, Report, at_most

ROUNDS = 1
PAGES = ("/", "/chat", "/models", "/account", "/admin")
HEAVY = ("libtorch", "libopenvino")  # optimum is Python alone, but needs torch
AIM = at_most(400)
_MB = 1e6


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=int, default=16, help="(16)")
    parser.add_argument("--conversations", type=int, default=50, help="(50)")
    parser.add_argument("--idle", type=float, default=20, help="seconds without a request (20)")


async def measure(options: argparse.Namespace) -> Report:
    report = Report("memory", "What the app's processes take")
    everybody = people(options.data_dir, options.users)
    async with workload.serving(options.model) as app:
        _note(report, app, "after the start")
        cookie = await app.log_in(everybody[0])  # the first account is the administrator
        for path in PAGES:
            await page.open_page(app, cookie, path)
        _note(report, app, "after a look at every page")
        crowd = await Crowd.logged_in(app, options.model.id, everybody)
        async with crowd.streaming(options.users, on_pages=options.users // 2):
            _note(report, app, f"while {options.users} users stream")
        await _converse(app, everybody, options.conversations)
        _note(report, app, f"after {options.conversations} conversations")
        report.add(
            Figure("web process while nobody asks", await _idle(app, options.idle), "ms CPU/s")
        )
        report.add(Figure("heavy libraries in the web process", heavy(app.web), aim=at_most(0)))
    report.notes.append(
        "1 MB is 1,000,000 bytes. Heavy are torch, without which there is no optimum, and openvino."
    )
    return report


def _note(report: Report, app: App, when: str) -> None:
    for name, processes in (("web", [app.web]), ("engine", app.engines)):
        memory = [process.memory_full_info() for process in processes]
        aim = AIM if name == "web" else None
        rss = sum(each.rss for each in memory) / _MB
        report.add(Figure(f"{name} process {when}, RSS", rss, "MB", aim=aim))
        if hasattr(memory[0], "pss"):  # Linux
            pss = sum(each.pss for each in memory) / _MB
            report.add(Figure(f"{name} process {when}, PSS", pss, "MB"))


async def _idle(app: App, seconds: float) -> float:
    """Milliseconds of processor time that a second takes."""
    before = app.cpu_seconds()
    await asyncio.sleep(seconds)
    return (app.cpu_seconds() - before) / seconds * 1000


def heavy(process: psutil.Process) -> int:
    """How many files of the heavy libraries a process has mapped."""
    return sum(any(name in mapped.path for name in HEAVY) for mapped in process.memory_maps())


async def _converse(app: App, everybody: Sequence[Person], number: int) -> None:
    """Conversations on the Chat page, one after the other, of one question each."""
    for index in range(number):
        cookie = await app.log_in(everybody[index % len(everybody)])
        tab = await page.open_page(app, cookie, "/chat")
        whole([await tab.chat(Ask.of(workload.text(32, f"memory {index}"), 16, index))])
