"""`tune` in the terminal, on scripted engines and on a real one."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from app import tune_command
from app.config import Settings
from app.errors import InvalidParameter, LoadFailed
from app.inference.devices import Device
from app.inference.processors import Processors
from app.inference.tuning import run, store
from app.tune_command import keep_default, tune_model
from tests.fakes import FakeEngine
from tests.scripted import Engines, SettingsFactory

ROOT = Path(__file__).parent.parent


@pytest.fixture
def settings(scripted_settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch) -> Settings:
    cpu = Device("CPU", "Any CPU", "bf16")
    monkeypatch.setattr(tune_command, "list_devices", lambda: [cpu, Device("AUTO", "Any")])
    monkeypatch.setattr(run, "MAX_ROUNDS", 2)
    monkeypatch.setattr(run, "ROUND_S", 0.3)
    monkeypatch.setattr(run, "processors", lambda: Processors("Any CPU", 2, 2))
    return scripted_settings()


def prefer(engines: Engines, name: str) -> None:
    """Have engines with this property write many times as fast."""

    def prepare(engine: FakeEngine) -> None:
        engine.token_s = 0.001 if name in engine.spec.properties else 0.02

    engines.prepare = prepare


def stored(settings: Settings) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((settings.data_dir / store.FILE).read_text())
    return entries


def test_the_winner_is_printed_and_remembered(
    settings: Settings, engines: Engines, capsys: pytest.CaptureFixture[str]
) -> None:
    prefer(engines, "INFERENCE_PRECISION_HINT")
    asyncio.run(tune_model(settings, False, engines))
    out, err = capsys.readouterr()
    first, before, now, *_ = out.splitlines()
    assert first.startswith("first (int8) on CPU: f32 instead of bf16")
    assert "times as fast an answer" in first
    assert before.startswith("  before: an answer in")
    assert now.startswith("  now: ")
    assert "search, the default settings: an answer in" in err
    assert "confirmation, f32 instead of bf16" in err
    (entry,) = stored(settings)
    # By chance another one may seem to help a little, too.
    assert ("INFERENCE_PRECISION_HINT", "f32") in entry["properties"].items()


def test_json_has_every_measurement(
    settings: Settings, engines: Engines, capsys: pytest.CaptureFixture[str]
) -> None:
    def prepare(engine: FakeEngine) -> None:
        engine.token_s = 0.02 if engine.spec.properties else 0.001
        if engine.spec.max_batched_tokens != 256:
            engine.load_error = LoadFailed("No room.")

    engines.prepare = prepare
    asyncio.run(tune_model(settings, True, engines))
    told = json.loads(capsys.readouterr().out)
    assert (told["model_id"], told["device"], told["goal"]) == ("first", "CPU", "latency")
    assert told["changes"] == {"words": [], "properties": {}, "max_batched_tokens": None}
    assert told["gain"] == 1.0
    assert told["kept"] == told["default"]
    assert told["trials"][0]["answer_s"] == told["default"]["answer_s"]
    assert told["trials"][-1]["error"] == "No room."
    assert len(told["trials"]) == len(engines.made)
    assert stored(settings)[0]["properties"] == {}


def test_the_default_can_be_had_again_without_measuring(
    settings: Settings, engines: Engines, capsys: pytest.CaptureFixture[str]
) -> None:
    prefer(engines, "INFERENCE_PRECISION_HINT")
    asyncio.run(tune_model(settings, True, engines))
    made = len(engines.made)
    asyncio.run(keep_default(settings, as_json=False))
    assert "the default settings are kept" in capsys.readouterr().out
    assert len(engines.made) == made
    (entry,) = stored(settings)
    assert entry["properties"] == {}


def test_a_model_that_does_not_run_changes_nothing(settings: Settings, engines: Engines) -> None:
    engines.prepare = lambda engine: setattr(engine, "load_error", LoadFailed("No memory."))
    with pytest.raises(LoadFailed, match="No memory"):
        asyncio.run(tune_model(settings, False, engines))
    assert not (settings.data_dir / store.FILE).exists()


def test_auto_must_be_one_device(
    scripted_settings: SettingsFactory,
    settings: Settings,
    engines: Engines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert settings.device == "CPU"
    auto = scripted_settings(device="AUTO", tune_goal="throughput")
    asyncio.run(keep_default(auto, as_json=True))
    assert stored(auto)[0]["device"] == "CPU"
    two = [Device("CPU", "Any"), Device("GPU", "Any"), Device("AUTO", "Any")]
    monkeypatch.setattr(tune_command, "list_devices", lambda: two)
    with pytest.raises(InvalidParameter, match="--device CPU or GPU"):
        asyncio.run(tune_model(auto, False, engines))
    assert not engines.made


@pytest.fixture
def real(tiny_model: Path, tmp_path: Path) -> Path:
    """A data folder with the tiny model as tiny (int8)."""
    shutil.copytree(tiny_model, tmp_path / "real" / "models" / "tiny" / "int8")
    return tmp_path / "real"


@pytest.mark.engine
def test_a_real_model_is_tuned_and_none_of_its_engines_stays(
    real: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("ROUND_S", 0.2), ("TRIAL_S", 0.2), ("SEARCH_S", 0.5)):
        monkeypatch.setattr(run, name, value)
    settings = Settings(_env_file=None, data_dir=real, model="tiny", kv_cache_gb=0.1)
    asyncio.run(tune_model(settings, True))
    told = json.loads(capsys.readouterr().out)
    assert told["default"]["tokens_per_second"] > 0
    assert told["default"]["answer_s"] > told["default"]["first_token_s"] > 0
    assert not any(trial["error"] for trial in told["trials"])
    assert stored(settings)[0]["model_id"] == "tiny"
    # The tracker that multiprocessing starts beside its first process stays.
    children = [" ".join(child.cmdline()) for child in psutil.Process().children()]
    assert not [command for command in children if "spawn_main" in command]


@pytest.mark.engine
def test_interrupted_it_leaves_neither_process_nor_file(real: Path) -> None:
    command = [sys.executable, "launch.py", "tune", "--model", "tiny", "--data-dir", str(real)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "search, the default settings" in line:
            break
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(20) == 130, rest
    assert "Traceback" not in rest
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert not (real / store.FILE).exists()
    process.stderr.close()
