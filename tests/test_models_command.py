"""`convert` in the terminal, over a scripted conversion."""

import asyncio
import io
import json
from pathlib import Path

import pytest

from app import models_command
from app.config import Settings
from app.errors import ConversionFailed
from app.inference.conversion import process
from app.inference.conversion.table import GPU_NOTE
from app.inference.conversion.types import Progress
from app.inference.orders import Order
from tests.conversions import FakeConversion

QWEN = Order("qwen2-1.5b-instruct", weight_formats=("int8", "int4"), group_size=64)


@pytest.fixture
def conversion(monkeypatch: pytest.MonkeyPatch) -> FakeConversion:
    conversion = FakeConversion()
    monkeypatch.setattr(process, "run", conversion)
    return conversion


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None, data_dir=tmp_path, hf_token="hf_secret", hf_endpoint="http://hub.example"
    )


def convert(settings: Settings, order: Order = QWEN, as_json: bool = False) -> None:
    asyncio.run(models_command.convert(settings, order, as_json))


def test_way_and_command_come_first_and_the_table_last(
    conversion: FakeConversion, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    convert(settings)
    out, err = capsys.readouterr()
    assert "int4: The original weights are downloaded" in err
    assert "By hand: optimum-cli export openvino" in err
    assert " 50% download: model.safetensors, 5 of 10 MB" in err
    assert "hf_secret" not in out + err
    lines = out.splitlines()
    assert lines[1].split() == ["weight", "format", "openvino_model.bin", "compression", "rate"]
    assert lines[2].split() == ["int8", "1,500.0", "MB", "2.000"]
    assert GPU_NOTE in lines
    assert lines[-1].endswith("launch.py --model qwen2-1.5b-instruct --weight-format int8")
    (asked,) = conversion.asked
    assert (asked.token, asked.endpoint) == ("hf_secret", "http://hub.example")


def test_json_is_all_that_standard_output_says(
    conversion: FakeConversion, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    convert(settings, as_json=True)
    made = json.loads(capsys.readouterr().out)
    assert [one["compression_rate"] for one in made["converted"]] == [
        2.0,
        pytest.approx(3.333, 1e-3),
    ]
    assert made["model_id"] == "qwen2-1.5b-instruct"


def test_a_failure_shows_the_end_of_its_log(
    conversion: FakeConversion, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    conversion.error = ConversionFailed("No.", ("line 1", "line 2"))
    with pytest.raises(ConversionFailed):
        convert(settings)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("The last lines of the log:\n  line 1\n  line 2\n")


def test_a_cancelled_conversion_says_so(
    conversion: FakeConversion, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    conversion.hold = True

    async def interrupt() -> None:
        work = asyncio.create_task(models_command.convert(settings, QWEN, False))
        while not conversion.asked:
            await asyncio.sleep(0.01)
        work.cancel()
        await work

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupt())
    assert conversion.cleaned_up == ["qwen2-1.5b-instruct"]
    assert "Cancelled." in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_line_that_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    line = models_command.ProgressLine("planned")
    for percent in (1, 2, 3):
        line.show(Progress("download", percent / 100, "x" * 100))
    line.end()
    text = terminal.getvalue()
    assert text.count("\n") == 1
    assert [len(part) for part in text.rstrip("\n").split("\r")] == [0, 39, 39, 39]


def test_a_log_gets_a_line_each_few_percent(capsys: pytest.CaptureFixture[str]) -> None:
    line = models_command.ProgressLine("planned")
    for percent in range(100):
        line.show(Progress("download", percent / 100, "…"))
    line.end()
    assert len(capsys.readouterr().err.splitlines()) == 20


def test_a_way_that_was_not_planned_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    line = models_command.ProgressLine("planned")
    for command in ("", "planned", "other", "other"):
        line.show(Progress("download", 0.5, "…", command))
    assert capsys.readouterr().err.count("Another way is needed. By hand:\nother\n") == 1


def test_a_folder_that_is_there_is_named_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert models_command.absolute("owner/name") == str(tmp_path / "owner" / "name")
    assert models_command.absolute("owner/other") == "owner/other"
    assert models_command.absolute("") == ""
