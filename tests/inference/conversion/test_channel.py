"""How the processes of a job speak, with steps that do next to nothing."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConversionFailed
from app.inference.conversion.channel import call, how_it_ended

STEP = """
import os, sys
from app.errors import ConversionFailed
from app.inference.conversion.channel import serve

def work(task, say):
    {body}

sys.exit(serve(work, lambda error: f"in words: {{error}}"))
"""


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the body of a step with a task; its result, and what else it said."""

    def run(body: str, task: dict[str, Any] | None = None) -> tuple[Any, list[Any]]:
        (tmp_path / "a_step.py").write_text(STEP.format(body=body))
        heard: list[Any] = []
        environment = dict(os.environ) | {"PYTHONPATH": str(tmp_path)}
        result = call("a_step", task or {}, lambda *said: heard.append(said), environment)
        return result, heard

    return run


def test_task_progress_and_result(step: Any) -> None:
    body = "say('progress', [0.5, 'half']); return {'got': task['text'] * 2}"
    assert step(body, {"text": "é"}) == ({"got": "éé"}, [("progress", [0.5, "half"])])


def test_what_it_prints_is_no_message(step: Any) -> None:
    assert step("print('noise'); os.system('echo more'); return 1") == (1, [])


def test_a_failure_is_told_in_words(step: Any) -> None:
    with pytest.raises(ConversionFailed, match="in words: no such thing"):
        step("raise ValueError('no such thing')")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("os.kill(os.getpid(), 9)", "memory ran out"),
        ("os.kill(os.getpid(), 15)", "ended from outside"),
        ("os._exit(3)", "exit code 3"),
        ("os._exit(0)", "exit code 0"),
    ],
)
def test_a_death_without_a_word_is_told(step: Any, body: str, words: str) -> None:
    with pytest.raises(ConversionFailed, match=words):
        step(body)


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "a_step.py").write_text(STEP.format(body="import time; time.sleep(600)"))
    process = subprocess.Popen(
        [sys.executable, "-m", "a_step"],
        env=dict(os.environ) | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.getcwd()}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    with process:
        assert process.stdin is not None
        process.stdin.write(b"{}\n")
        process.stdin.flush()
        time.sleep(0.5)
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(10) == 1


def test_how_it_ended() -> None:
    assert "ended by the system" in how_it_ended(-9)
    assert "exit code 1" in how_it_ended(1)
