"""The app as a person starts it: `launch.py serve` in a process of its own, with people in it."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil

from benchmarks.harness import http

ROOT = Path(__file__).parents[2]
PASSWORD = "a long bench phrase"
_READY = "VinoChat ready at "
_START_S = 120.0
_LOAD_S = 600.0
# Nobody's database but the data folder's, and nothing that is tuned while it is being measured.
_OURS = {"VINOCHAT_DATABASE_URL": "", "VINOCHAT_TUNE_WHEN_IDLE_MINUTES": "0"}


@dataclass(frozen=True, slots=True)
class Person:
    """An account and its API key."""

    name: str
    key: str


class App:
    """A running app; made by `running`. `started_at` and `pages_at` are `time.monotonic`'s."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir / "app.log"
        serve = (sys.executable, "launch.py", "serve", "--port", "0", "--data-dir", str(data_dir))
        self.started_at = time.monotonic()
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [*serve, *options],
                cwd=ROOT,
                env=os.environ | _OURS,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.port = self._read_port()
        self.pages_at = time.monotonic()

    def _read_port(self) -> int:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(_READY):
                return int(line.rsplit(":", 1)[1])
        raise RuntimeError(f"The app ended before its pages answered; {self.log} says why.")

    async def ready(self) -> None:
        """Wait until completions are possible."""
        deadline = time.monotonic() + _LOAD_S
        while await http.get(self.port, "/readyz") != 200:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"No model became ready; {self.log} says why.")
            await asyncio.sleep(0.05)

    @property
    def web(self) -> psutil.Process:
        """The web process."""
        return psutil.Process(self._process.pid)

    @property
    def engines(self) -> list[psutil.Process]:
        """The engine processes: children that multiprocessing spawned to work."""
        children = self.web.children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def cpu_seconds(self) -> float:
        """What the web process has used of the processors so far."""
        times = self.web.cpu_times()
        return float(times.user + times.system)

    async def log_in(self, person: Person) -> str:
        """The cookie of a new login, as a header carries it."""
        form = urlencode({"username": person.name, "password": PASSWORD, "next": "/"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = await http.request(self.port, "POST", "/login", headers, form.encode())
        await response.body()
        return response.headers["set-cookie"].split(";")[0]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        if self._process.stdout:
            self._process.stdout.close()


@asynccontextmanager
async def running(data_dir: Path, *options: str) -> AsyncIterator[App]:
    """An app that can complete; it ends with the block."""
    app = await asyncio.to_thread(App, data_dir, *options)
    try:
        await app.ready()
        yield app
    finally:
        await asyncio.to_thread(app.stop)


def people(data_dir: Path, number: int) -> Sequence[Person]:
    """So many accounts with API keys, made by `launch.py users` and kept for the next run."""
    kept = data_dir / "people.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    for name in (f"bench-{index:02}" for index in range(number)):
        if name not in known:
            known[name] = make_person(data_dir, name).key
            kept.write_text(json.dumps(known, indent=2))
    return [Person(name, key) for name, key in list(known.items())[:number]]


def make_person(data_dir: Path, name: str) -> Person:
    """One account with its API key, made beside the running app or before it starts."""
    _users(data_dir, "add", name, stdin=f"{PASSWORD}\n")
    return Person(name, _users(data_dir, "api-key", name).split()[-1])


def _users(data_dir: Path, *words: str, stdin: str = "") -> str:
    command = [sys.executable, "launch.py", "users", *words, "--data-dir", str(data_dir)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | _OURS,
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
