"""`bench` in the terminal: which setups are measured, the table, the JSON and the picture."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import bench_command
from app.bench_command import Wanted, bench
from app.config import Settings
from app.errors import InvalidParameter, VinoChatError
from app.inference.bench.alone import Plan
from app.inference.bench.figures import Case, Measured, Row, Setup, Timing
from app.inference.devices import Device

WANTED = Wanted(None, None, None, None, (32, 256), (1, 4), 8, 2, None, None)
MEASURED = Measured(((Timing(5.0, 5.25, 6.0, 8),), (Timing(7.0, 7.25, 8.0, 8),)))
FIELDS = {
    *("model_id", "weight_format", "device", "engine", "prompt_tokens", "users", "load_s"),
    *("peak_memory_bytes", "ttft_median_s", "ttft_p95_s", "tpot_s", "user_tokens_per_second"),
    *("total_tokens_per_second", "requests", "reason"),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)


class Measuring:
    """Stands for `alone.run`: what is on the GPU does not load, long prompts do not fit."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []

    async def __call__(
        self, _settings: Settings, plan: Plan, report: Callable[[str], None]
    ) -> AsyncGenerator[Row]:
        self.plans.append(plan)
        for setup in plan.setups:
            report(f"measuring {setup}")
            if setup.device == "GPU":
                yield Row(setup, reason="This machine has no device GPU.")
                continue
            for case in plan.cases:
                row = Row(setup, case, load_s=3.25, peak_bytes=173_000_000)
                fits = case.prompt_tokens < 1000
                yield replace(row, measured=MEASURED) if fits else replace(row, reason="Too long.")


@pytest.fixture(autouse=True)
def measuring(monkeypatch: pytest.MonkeyPatch) -> Measuring:
    measuring = Measuring()
    monkeypatch.setattr(bench_command, "run", measuring)
    monkeypatch.setattr(bench_command, "list_devices", lambda: [Device("CPU", "A CPU of 1999")])
    return measuring


def run(settings: Settings, as_json: bool = False, **changes: Any) -> None:
    asyncio.run(bench(settings, replace(WANTED, **changes), as_json))


def test_the_settings_say_what_is_left_open(settings: Settings, measuring: Measuring) -> None:
    run(settings)
    run(settings.model_copy(update={"engine": "optimum", "weight_format": "int4"}))
    first, second = measuring.plans
    assert first.setups == (Setup("built-in", "int8", "CPU", "genai"),)
    assert second.setups == (Setup("built-in", "int4", "CPU", "optimum"),)
    assert first.cases == (Case(32, 1, 8), Case(32, 4, 8), Case(256, 1, 8), Case(256, 4, 8))
    assert (first.rounds, first.devices) == (2, ("CPU",))


def test_all_combinations_and_pytorch_once_for_each_device(
    settings: Settings, measuring: Measuring
) -> None:
    engines = ("genai", "auto", "torch", "torch-float32")
    run(settings, weight_formats=("int8", "int4"), devices=("cpu", "gpu"), engines=engines)
    assert [str(setup) for setup in measuring.plans[0].setups] == [
        f"built-in · {form} · {device} · {engine}"
        for device in ("CPU", "GPU")
        for form, engine in (
            *(("int8", "genai"), ("int4", "genai")),
            *(("fp16", "torch"), ("fp32", "torch-float32")),
        )
    ]


def test_another_models_checkpoint(
    settings: Settings, measuring: Measuring, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text('{"torch_dtype": "bfloat16"}', encoding="utf-8")
    run(settings, models=("mine",), engines=("torch",), checkpoint=tmp_path)
    run(settings, models=("mine",), engines=("torch",))
    formats = [plan.setups[0].weight_format for plan in measuring.plans]
    assert formats == ["bf16", "stored"]
    for models in (("built-in",), ("mine", "yours")):
        with pytest.raises(InvalidParameter, match="--checkpoint"):
            run(settings, models=models, engines=("torch",), checkpoint=tmp_path)


def test_the_table(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    run(settings, devices=("CPU", "GPU"), prompt_tokens=(32, 4000), users=(4,))
    out, err = capsys.readouterr()
    head, fits, too_long, gpu, *rest = out.splitlines()
    assert head.split()[:6] == ["Model", "Format", "Device", "Engine", "Prompt", "Users"]
    cells = "built-in int8 CPU genai 32 4 3.2 s 173 MB 0.250 s 0.250 s 107.1 ms 9.3/s 8.0/s"
    assert fits.split() == cells.split()
    assert too_long.split()[4] == "4,000"
    assert too_long.endswith("  Too long.")
    assert gpu.split()[2] == "GPU"
    assert gpu.endswith("This machine has no device GPU.")
    assert "exactly 8 tokens" in " ".join(rest)
    assert "CPU: A CPU of 1999" in " ".join(rest)
    assert err.splitlines()[0] == "measuring built-in · int8 · CPU · genai"


def test_json_has_the_same_fields_in_every_row(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    run(settings, as_json=True, devices=("CPU", "GPU"), users=(1,), prompt_tokens=(32,))
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"machine", "new_tokens", "rounds", "rows"}
    assert {"system", "devices", "cores", "threads", "memory_bytes", "libraries"} == set(
        found["machine"]
    )
    assert found["machine"]["libraries"]["openvino"]
    fits, gpu = found["rows"]
    assert set(fits) == set(gpu) == FIELDS
    assert (fits["ttft_median_s"], fits["total_tokens_per_second"]) == (0.25, 8.0)
    assert fits["requests"][1] == [
        {"submitted_s": 0.0, "first_token_s": 0.25, "last_token_s": 1.0, "tokens": 8}
    ]
    assert fits["reason"] is None
    assert (gpu["reason"], gpu["users"], gpu["requests"]) == (
        *("This machine has no device GPU.", None, []),
    )


def test_the_picture_is_drawn(settings: Settings, tmp_path: Path) -> None:
    run(settings, plot=tmp_path / "speed.svg")
    assert "<svg" in (tmp_path / "speed.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["speed.pdf", "nowhere/speed.svg", "folder.svg"])
def test_a_picture_that_cannot_be_is_refused_before_anything_is_measured(
    name: str, settings: Settings, measuring: Measuring, tmp_path: Path
) -> None:
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(InvalidParameter, match="--plot"):
        run(settings, plot=tmp_path / name)
    assert measuring.plans == []


def test_nothing_measured_is_a_failure_after_the_table(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(VinoChatError, match="Nothing could be measured"):
        run(settings, devices=("GPU",), plot=tmp_path / "speed.svg")
    assert "no device GPU" in capsys.readouterr().out
    assert not (tmp_path / "speed.svg").exists()
