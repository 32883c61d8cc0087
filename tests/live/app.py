"""The app as a person starts it: `launch.py serve` in a process of its own, and people in it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PASSWORD = "a quiet harbour at dawn"


class LiveApp:
    """A running app. `log` is everything that it wrote."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.data_dir = data_dir
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VINOCHAT_")}
        self._process = subprocess.Popen(
            [
                *(sys.executable, "launch.py", "serve", "--port", "0"),
                *("--data-dir", str(data_dir), *options),
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_for(lambda: self._ready_line() or self._process.poll() is not None, 60)
        assert self._process.poll() is None, "".join(self.log)
        self.url = self._ready_line().split()[-1]

    def _read(self) -> None:
        assert self._process.stdout
        self.log.extend(self._process.stdout)

    def _ready_line(self) -> str:
        return next((line for line in list(self.log) if line.startswith("VinoChat ready at ")), "")

    def readiness(self) -> int:
        return httpx.get(f"{self.url}/readyz").status_code

    def device(self) -> str:
        """The device that serves, as /readyz names it."""
        return str(httpx.get(f"{self.url}/readyz").json().get("device"))

    def wait_until_ready(self, timeout_s: float = 120) -> None:
        wait_for(lambda: self.readiness() == 200, timeout_s)

    def command(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Another command of launch.py over the same data, beside the running app."""
        return subprocess.run(
            [sys.executable, "launch.py", *words, "--data-dir", str(self.data_dir)],
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def engine_pids(self) -> list[int]:
        """The engine processes: children that multiprocessing spawned to work."""
        found = subprocess.run(
            ["ps", "-ww", "--ppid", str(self._process.pid), "-o", "pid=,args="],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return [int(line.split()[0]) for line in found.splitlines() if "spawn_main" in line]

    def kill_engine(self) -> None:
        (pid,) = self.engine_pids()
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> int:
        """End the app as a service manager does; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(60)
        self._reader.join(5)
        if self._process.stdout:
            self._process.stdout.close()
        return status


def wait_for(condition: Callable[[], object], timeout_s: float) -> None:
    """Wait for something that is bound to come true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)
