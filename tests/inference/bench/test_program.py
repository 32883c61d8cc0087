"""The command as a person runs it, on a tiny real model."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[3]


@pytest.fixture
def command(tmp_path: Path, tiny_model: Path) -> list[str]:
    shutil.copytree(tiny_model, tmp_path / "models" / "tiny" / "int8")
    bench = [sys.executable, "launch.py", "bench", "--model", "tiny"]
    return [*bench, "--data-dir", str(tmp_path)]


@pytest.fixture
def environment() -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith("VINOCHAT_")}
    return {**own, "VINOCHAT_KV_CACHE_GB": "0.1"}


def test_figures_on_standard_output_progress_on_standard_error(
    command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            *command,
            *("--device", "CPU,GPU", "--prompt-tokens", "8,600", "--users", "2"),
            *("--new-tokens", "5", "--rounds", "1", "--json"),
            *("--plot", str(tmp_path / "speed.png")),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    fits, too_long, gpu = json.loads(done.stdout)["rows"]
    assert [one["tokens"] for one in fits["requests"][0]] == [5, 5]
    assert fits["total_tokens_per_second"] > 0
    assert "600 tokens" in too_long["reason"]
    assert "no device GPU" in gpu["reason"]
    assert "[1/2] tiny · int8 · CPU · genai: 8 tokens, 2 users" in done.stderr
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C as a signal")
def test_an_interrupt_ends_the_engine_too(command: list[str], environment: dict[str, str]) -> None:
    long = [*command, "--new-tokens", "400", "--rounds", "1000"]
    with subprocess.Popen(
        long, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stderr
        while "tokens, 1 user" not in program.stderr.readline():
            assert program.poll() is None
        engines = psutil.Process(program.pid).children(recursive=True)
        program.send_signal(signal.SIGINT)
        out, _ = program.communicate(timeout=60)
    assert program.returncode == 130
    assert out == ""
    assert engines
    _, left = psutil.wait_procs(engines, timeout=10)
    assert left == []
