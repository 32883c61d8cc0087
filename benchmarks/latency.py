"""How long pages and probes take while sixteen people stream, against an idle app.

/healthz is asked about twenty times a second, the login page four times, and the Chat page of
somebody signed in twice; half of the sixteen stream through /v1, half on the Instruct page.
"""

import argparse
import asyncio
import time
from collections import defaultdict
from contextlib import suppress

from benchmarks.harness import http, workload
from benchmarks.harness.app import App, people
from benchmarks.harness.crowd import Crowd
from benchmarks.harness.figures import Aim, Figure, Report, at_most, percentile

ROUNDS = 3
PATHS = {"/healthz": 0.05, "/login": 0.25, "/chat": 0.5}
"""What is asked for, and the seconds from an answer to the next question."""
AIMS = {("/healthz", 99): at_most(50), ("/login", 95): at_most(500), ("/chat", 95): at_most(500)}
Waits = dict[tuple[str, str], list[float]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=int, default=16, help="(16)")
    parser.add_argument("--seconds", type=float, default=20, help="of each part of a round (20)")


async def measure(options: argparse.Namespace) -> Report:
    users = options.users
    report = Report("latency", f"Waiting for pages while {users} users stream")
    everybody = people(options.data_dir, users)
    waits: Waits = defaultdict(list)
    async with workload.serving(options.model) as app:
        crowd = await Crowd.logged_in(app, options.model.id, everybody)
        cookie = await app.log_in(everybody[0])
        for path in PATHS:  # Gradio draws its first page slowly
            await http.get(app.port, path, {"Cookie": cookie})
        for number in range(1, options.rounds + 1):
            await _watch(app, cookie, "idle", options.seconds, waits)
            async with crowd.streaming(users, on_pages=users // 2):
                await _watch(app, cookie, f"{users} users", options.seconds, waits)
            print(f"  round {number} of {options.rounds}", flush=True)
    for (state, path), times in waits.items():
        for percent in (50, 95, 99):
            aim: Aim | None = None if state == "idle" else AIMS.get((path, percent))
            name = f"{path}, {state}, p{percent}"
            report.add(Figure(name, percentile(times, percent) * 1000, "ms", aim=aim))
    asked = ", ".join(f"{path} {state} {len(times)}" for (state, path), times in waits.items())
    report.notes.append(f"Requests, each on a connection of its own: {asked}.")
    return report


async def _watch(app: App, cookie: str, state: str, seconds: float, waits: Waits) -> None:
    async def ask(path: str, pause_s: float) -> None:
        headers = {"Cookie": cookie} if path == "/chat" else {}
        while True:
            asked_at = time.monotonic()
            status = await http.get(app.port, path, headers)
            waits[state, path].append(time.monotonic() - asked_at)
            if status != 200:
                raise http.Refused(f"{path} answered {status}.")
            await asyncio.sleep(pause_s)

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for path, pause_s in PATHS.items():
                group.create_task(ask(path, pause_s))
