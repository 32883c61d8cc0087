"""Conversion by the real process: what it makes, and what it leaves when it fails or is killed."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.errors import ConversionFailed
from app.inference import manifest
from app.inference.conversion import workplace
from app.inference.conversion.process import run
from app.inference.conversion.table import table
from app.inference.conversion.types import Compression, ConversionRequest, Outcome, Progress
from app.inference.installed import find
from tests.checkpoints import ran
from tests.inference.conversion.jobs import convert, failure, made_in, until, workers

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]


def weight_types(model: Path) -> set[str]:
    """The element types of the constants in an IR."""
    xml = (model / "openvino_model.xml").read_text()
    return set(re.findall(r'<data element_type="(\w+)" shape="[\d, ]+" offset', xml))


@pytest.fixture(scope="module")
def three(
    tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Outcome, list[Progress]]:
    """int8, int4 with AWQ and fp16 of the tiny Llama from one job; where, what and its progress.

    The layers are 64 and 128 wide: groups of 128 fit some of them only.
    """
    data, seen = tmp_path_factory.mktemp("three"), list[Progress]()
    formats = (
        Compression("int8"),
        Compression("int4", group_size=128, ratio=0.8, awq=True),
        Compression("fp16"),
    )
    request = ConversionRequest(str(tiny_checkpoint), "tiny", formats)
    return data / "models" / "tiny", asyncio.run(run(request, data, seen.append)), seen


@pytest.mark.engine
def test_three_formats_from_one_export(three: tuple[Path, Outcome, list[Progress]]) -> None:
    folder, outcome, _ = three
    assert [one.weight_format for one in outcome.converted] == ["int8", "int4", "fp16"]
    assert weight_types(folder / "fp16").isdisjoint({"u8", "i8", "u4", "i4"})
    assert "u8" in weight_types(folder / "int8")
    assert {"u4", "u8"} <= weight_types(folder / "int4")
    sizes = {one.weight_format: one.model_bytes for one in outcome.converted}
    assert sizes["int4"] < sizes["int8"] < sizes["fp16"] == outcome.fp16_bytes
    assert sizes["int8"] == (folder / "int8" / "openvino_model.bin").stat().st_size
    assert sorted(path.name for path in folder.iterdir()) == ["fp16", "int4", "int8"]


@pytest.mark.engine
def test_the_table_of_what_was_made(three: tuple[Path, Outcome, list[Progress]]) -> None:
    _, outcome, _ = three
    lines = table(outcome).splitlines()
    print("\n".join(lines))
    for line, (name, lowest, highest) in zip(
        lines[1:4], [("int8", 1.8, 2.0), ("int4", 2.0, 3.5), ("fp16", 1.0, 1.0)], strict=True
    ):
        found = re.fullmatch(r"(\w+) +\d+\.\d MB +(\d\.\d{3})", line)
        assert found, line
        assert found[1] == name
        assert lowest <= float(found[2]) <= highest
    assert "discrete GPU" in lines[-1]


@pytest.mark.engine
def test_awq_was_applied(three: tuple[Path, Outcome, list[Progress]]) -> None:
    """It scales what goes into a layer: the node that does so is in the model."""
    folder, outcome, _ = three
    assert "awq" in (folder / "int4" / "openvino_model.xml").read_text().lower()
    assert [one.note for one in outcome.converted] == ["", "", ""]


@pytest.mark.engine
async def test_awq_is_skipped_with_a_note_where_no_layer_fits(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    """Its weights are in torch's format, too."""
    awq = Compression("int4", group_size=64, awq=True)
    outcome = await convert(checkpoints["dolly"], tmp_path, awq)
    assert "AWQ was skipped" in outcome.converted[0].note
    assert "int4: AWQ was skipped" in table(outcome)
    assert "u4" in weight_types(tmp_path / "models" / "tiny" / "int4")


@pytest.mark.engine
def test_its_progress_only_grows(three: tuple[Path, Outcome, list[Progress]]) -> None:
    _, _, seen = three
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == ["check", "export", "compress", "try", "save", "done"]
    assert len(set(fractions)) > 8


@pytest.mark.engine
def test_the_record_beside_it(
    three: tuple[Path, Outcome, list[Progress]], tiny_checkpoint: Path
) -> None:
    folder, outcome, _ = three
    manifest.verify(folder / "int4")
    record = manifest.read(folder / "int4")
    assert record is not None
    assert (record.source, record.way) == (tiny_checkpoint.name, "export")
    assert record.settings["awq"] is True
    assert {"transformers", "optimum-intel", "nncf", "openvino"} <= set(record.versions)
    assert record.command in outcome.command
    assert not manifest.is_outdated(folder / "int4", tiny_checkpoint)
    found = find(folder.parent, "tiny", "int4")
    assert (found.source, found.way) == (tiny_checkpoint.name, "export")


@pytest.mark.engine
def test_files_are_taken_from_the_checkpoint(tiny_model: Path, tiny_checkpoint: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        assert (tiny_model / name).read_bytes() == (tiny_checkpoint / name).read_bytes()
    for name in ("openvino_tokenizer.xml", "openvino_detokenizer.xml"):
        assert (tiny_model / name).is_file()
    assert find(tiny_model.parents[1], "tiny", "int8").engine_kind == "genai"


@pytest.mark.engine
async def test_seq2seq_is_for_the_optimum_engine(tiny_seq2seq_model: Path) -> None:
    name = tiny_seq2seq_model.parent.name
    found = find(tiny_seq2seq_model.parent.parent, name, "int8")
    assert found.engine_kind == "optimum"


@pytest.mark.engine
async def test_the_app_killed_in_the_middle_and_then_success(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """kill -9 of what runs the job ends the job's processes, too, and the next job cleans up."""
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from tests.inference.conversion.jobs import convert\n"
        "asyncio.run(convert(sys.argv[1], Path(sys.argv[2]), "
        "on_progress=lambda p: print(p.stage, flush=True)))"
    )
    app = subprocess.Popen(  # noqa: ASYNC220 (a moment)
        [sys.executable, "-c", code, str(tiny_checkpoint), str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with app:
        assert app.stdout is not None
        while app.stdout.readline().strip() != "export":
            pass
        await until(lambda: any(name.endswith("/fp16") for name in made_in(tmp_path)))
        job = psutil.Process(app.pid).children(recursive=True)
        assert len(job) == 2, "the job and its step"
        app.kill()
    await until(lambda: not any(_lives(process) for process in job), 10)
    assert made_in(tmp_path), "killed too early to show anything"
    await convert(tiny_checkpoint, tmp_path)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["tiny"]
    assert [path.name for path in (tmp_path / "models" / "tiny").iterdir()] == ["int8"]


async def test_cancelled_it_ends_every_process_and_leaves_nothing(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    exporting = asyncio.Event()

    def watch(progress: Progress) -> None:
        if progress.stage == "export":
            exporting.set()

    work = asyncio.create_task(convert(tiny_checkpoint, tmp_path, on_progress=watch))
    await exporting.wait()
    await until(lambda: len(workers()) == 2)
    job = workers()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await until(lambda: not any(_lives(process) for process in job), 10)
    assert not made_in(tmp_path)


@pytest.mark.parametrize("which", [0, 1], ids=["the job", "its step"])
async def test_killed_by_the_system_is_a_readable_failure(
    tiny_checkpoint: Path, tmp_path: Path, which: int
) -> None:
    """As the system does when memory runs out."""

    async def kill() -> None:
        await until(lambda: len(workers()) == 2)
        workers()[which].kill()

    killer = asyncio.create_task(kill())
    message = await failure(tiny_checkpoint, tmp_path)
    await killer
    assert "memory ran out" in message
    assert not workers()


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a few lines in the place of the worker."""

    def write(lines: str) -> None:
        file = tmp_path / "worker"
        file.write_text(f"#!{sys.executable}\nimport json, os, subprocess, sys, time\n{lines}")
        file.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(file))

    return write


OUTCOME = """
def say(kind, value): print(json.dumps([kind, value]), flush=True)
made = {"weight_format": "int8", "model_bytes": 1, "way": "export", "command": "x" * 200_000}
"""
RESULT = 'say("result", {"model_id": "tiny", "converted": [made]})\n'


async def test_a_long_command_is_heard(script: Callable[[str], None], tmp_path: Path) -> None:
    script(OUTCOME + RESULT)
    outcome = await convert("maker/model", tmp_path)
    assert len(outcome.command) == 200_000


@pytest.mark.parametrize("session", [False, True], ids=["its group", "a session of its own"])
async def test_what_a_models_code_leaves_running_is_not_waited_for(
    script: Callable[[str], None], tmp_path: Path, session: bool
) -> None:
    """It holds the log open; and in the group of the job it is ended with it."""
    left = f"subprocess.Popen(['sleep', '20'], stdout=2, start_new_session={session})"
    script(f"{OUTCOME}print({left}.pid, file=sys.stderr, flush=True)\n{RESULT}")
    log: list[str] = []
    began = time.monotonic()
    await convert("maker/model", tmp_path, on_log=log.append)
    assert time.monotonic() - began < 10
    if session:
        psutil.Process(int(log[0])).kill()
    else:
        await until(lambda: not _lives_as(int(log[0])), 5)


async def test_a_second_cancel_does_not_stop_the_cleaning_up(
    script: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(
        "folder = json.loads(sys.stdin.readline())['data_dir']\n"
        "os.makedirs(f'{folder}/models/.converting-models-{os.getpid()}/half')\ntime.sleep(60)"
    )
    removing, remove = threading.Event(), workplace.remove

    def slowly(data_dir: Path, pid: int) -> None:
        removing.set()
        time.sleep(0.3)
        remove(data_dir, pid)

    monkeypatch.setattr(workplace, "remove", slowly)
    work = asyncio.create_task(convert("maker/model", tmp_path))
    await until(lambda: (tmp_path / "models").is_dir() and made_in(tmp_path))
    work.cancel()
    await until(removing.is_set)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not made_in(tmp_path)


async def test_a_failure_brings_the_end_of_the_log(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "odd")
    config = json.loads((source / "config.json").read_text())
    (source / "config.json").write_text(json.dumps(config | {"model_type": "made-up"}))
    seen: list[str] = []
    request = ConversionRequest(str(source), "odd", (Compression("int8"),))
    with pytest.raises(ConversionFailed, match="cannot convert this kind of model") as failed:
        await run(request, tmp_path, lambda _progress: None, on_log=seen.append)
    assert "ready-made" in str(failed.value)
    assert any("made-up" in line for line in failed.value.log)
    assert seen[-len(failed.value.log) :] == list(failed.value.log)
    assert not made_in(tmp_path)


async def test_code_in_a_checkpoint_is_not_run(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    source = checkpoints["remote-code"]
    ran(source).unlink(missing_ok=True)
    message = await failure(source, tmp_path)
    assert "needs Python code that comes with it" in message
    assert "administrator" in message
    assert not ran(source).exists()


async def test_a_pickle_that_is_no_tensor_is_not_opened(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "pickled")
    (source / "model.safetensors").unlink()
    trap = tmp_path / "ran"
    code = "import os, torch\nclass Trap:\n  def __reduce__(self):\n"
    code += f"    return os.mkdir, ({str(trap)!r},)\n"
    code += f"torch.save({{'a': Trap()}}, {str(source / 'pytorch_model.bin')!r})"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: ASYNC221 (a moment)
    message = await failure(source, tmp_path)
    assert "could run code" in message
    assert not trap.exists()


async def test_what_is_installed_is_not_overwritten(tiny_checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "models" / "tiny" / "int8"
    target.mkdir(parents=True)
    with pytest.raises(ConversionFailed, match=r"installed already\. Load it, or delete it"):
        await convert(tiny_checkpoint, tmp_path)
    assert target.is_dir()


@pytest.mark.skipif(sys.platform != "linux", reason="sets the limit of another process")
async def test_a_limit_of_file_sizes_is_told_as_a_full_disk(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    def limit(progress: Progress) -> None:
        if progress.stage == "check":
            workers()[0].rlimit(psutil.RLIMIT_FSIZE, (100_000, 100_000))

    with pytest.raises(ConversionFailed, match="disk is full"):
        await convert(tiny_checkpoint, tmp_path, on_progress=limit)
    assert not made_in(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 MB, where this machine lets us make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount).returncode != 0:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_disk_that_fills_up_in_the_middle(tiny_checkpoint: Path, small_disk: Path) -> None:
    filler = small_disk / "filler"

    def fill(progress: Progress) -> None:
        if progress.stage == "export" and not filler.exists():
            free = shutil.disk_usage(small_disk).free
            filler.write_bytes(bytes(free - 120_000))

    with pytest.raises(ConversionFailed, match="disk is full"):
        await convert(tiny_checkpoint, small_disk, on_progress=fill)
    assert not made_in(small_disk)
    message = await failure(tiny_checkpoint, small_disk)
    assert re.search(r"needs about 0\.2 GB of disk, 0 MB are free in models", message), message


def _lives_as(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return _lives(psutil.Process(pid))
    return False


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
