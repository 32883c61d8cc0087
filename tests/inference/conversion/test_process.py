"""Conversion by the real process: what it makes, and what it leaves when it fails or is killed."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.errors import LoadFailed
from app.inference.conversion.process import (
    convert,
    is_outdated,
    remove_leftovers,
    work_folder,
)
from app.inference.conversion.types import Compression, Progress
from app.inference.installed import find

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
STAGES = ["prepare", "export", "export", "compress", "save", "done"]


def ignore(_progress: Progress) -> None:
    """For tests that look at something else."""


def everything_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


def weight_types(model: Path) -> set[str]:
    """The element types of the constants in an IR."""
    xml = (model / "openvino_model.xml").read_text()
    return set(re.findall(r'<data element_type="(\w+)" shape="[\d, ]+" offset', xml))


@pytest.mark.engine
async def test_int8(tiny_model: Path, tiny_checkpoint: Path) -> None:
    assert "u8" in weight_types(tiny_model)
    found = find(tiny_model.parent.parent, tiny_model.parent.name, "int8")
    assert found.engine_kind == "genai"
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        assert (tiny_model / name).read_bytes() == (tiny_checkpoint / name).read_bytes()
    assert sorted(tiny_model.parent.iterdir()) == [tiny_model]


@pytest.mark.engine
def test_a_model_is_outdated_once_its_checkpoint_changes(
    tiny_model: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    assert not is_outdated(tiny_model, tiny_checkpoint)
    newer = tmp_path / "newer"
    shutil.copytree(tiny_checkpoint, newer)
    (newer / "generation_config.json").write_text("{}")
    assert is_outdated(tiny_model, newer)
    assert is_outdated(tmp_path / "missing", tiny_checkpoint)


@pytest.mark.engine
async def test_seq2seq_is_for_the_optimum_engine(tiny_seq2seq_model: Path) -> None:
    name = tiny_seq2seq_model.parent.name
    found = find(tiny_seq2seq_model.parent.parent, name, "int8")
    assert found.engine_kind == "optimum"


@pytest.mark.engine
async def test_int4_with_progress_and_a_group_size_that_does_not_divide(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """The layers are 64 and 128 wide: groups of 128 fit some of them only."""
    seen: list[Progress] = []
    target = tmp_path / "tiny" / "int4"
    await convert(tiny_checkpoint, target, Compression("int4", group_size=128), seen.append)
    assert "u4" in weight_types(target)
    assert [progress.stage for progress in seen] == STAGES
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


@pytest.mark.engine
async def test_killed_in_the_middle_it_leaves_nothing_and_the_next_try_works(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    target = tmp_path / "tiny" / "fp16"
    process = subprocess.Popen(  # noqa: ASYNC220 (a moment)
        [
            *(
                sys.executable,
                "-m",
                "app.inference.conversion.worker",
                "--source",
                str(tiny_checkpoint),
            ),
            *("--target", str(target), "--weight-format", "fp16"),
        ],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    work = work_folder(target, process.pid)
    await _until(lambda: (work / "config.json").exists())
    process.kill()
    process.wait()
    assert work.exists(), "killed too late or too early to show anything"
    assert not target.exists()
    await convert(tiny_checkpoint, target, "fp16", ignore)
    assert list(target.parent.iterdir()) == [target]
    assert weight_types(target).isdisjoint({"u8", "i8", "u4", "i4"})


async def test_cancelled_it_ends_the_process_and_leaves_nothing(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    started = asyncio.Event()
    models = tmp_path / "models"
    work = asyncio.create_task(
        convert(tiny_checkpoint, models / "tiny" / "int8", "int8", lambda _: started.set())
    )
    await started.wait()
    await _until(lambda: everything_in(models))
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not everything_in(models)


async def test_killed_by_the_system_is_a_readable_failure(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    def kill(_progress: Progress) -> None:
        for folder in tmp_path.glob("tiny/.*"):
            os.kill(int(folder.name.rpartition("-")[2]), signal.SIGKILL)

    with pytest.raises(LoadFailed, match="memory"):
        await convert(tiny_checkpoint, tmp_path / "tiny" / "int8", "int8", kill)
    assert not everything_in(tmp_path)


async def _failure(source: Path, target: Path) -> str:
    with pytest.raises(LoadFailed) as failure:
        await convert(source, target, "int8", ignore)
    assert not everything_in(target.parent)
    assert "/" not in str(failure.value), "a path of the server"
    return str(failure.value)


async def test_pickles_are_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "pickled")
    (source / "model.safetensors").rename(source / "pytorch_model.bin")
    message = await _failure(source, tmp_path / "models" / "x" / "int8")
    assert "pickle" in message
    assert ".safetensors" in message


async def test_code_in_a_checkpoint_is_not_run(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "custom")
    config = json.loads((source / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}
    (source / "config.json").write_text(json.dumps(config))
    (source / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    message = await _failure(source, tmp_path / "models" / "x" / "int8")
    assert not (tmp_path / "ran").exists()
    assert "code of its own" in message


async def test_truncated_weights_are_named(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "short")
    with (source / "model.safetensors").open("r+b") as file:
        file.truncate(20_000)
    message = await _failure(source, tmp_path / "models" / "x" / "int8")
    assert "damaged" in message


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("config.json", "config.json"),
        ("tokenizer.json", "tokenizer"),
        ("model.safetensors", "no weights"),
    ],
)
async def test_an_incomplete_checkpoint_is_named(
    tiny_checkpoint: Path, tmp_path: Path, missing: str, words: str
) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "incomplete")
    (source / missing).unlink()
    assert words in await _failure(source, tmp_path / "models" / "x" / "int8")


async def test_a_missing_part_of_the_weights_is_named(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "parts")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (source / "model.safetensors.index.json").write_text(json.dumps(index))
    message = await _failure(source, tmp_path / "models" / "x" / "int8")
    assert "lacks model-2.safetensors" in message


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "no folder nowhere" in await _failure(tmp_path / "nowhere", tmp_path / "x" / "int8")


async def test_what_is_installed_is_not_overwritten(tiny_checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "tiny" / "int8"
    target.mkdir(parents=True)
    with pytest.raises(LoadFailed, match="installed already"):
        await convert(tiny_checkpoint, target, "int8", ignore)
    assert target.is_dir()


def test_leftovers_of_the_dead_are_removed_and_of_the_living_kept(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], stdout=-1)
    dead = work_folder(tmp_path / "a" / "int8", int(ended.stdout))
    alive = work_folder(tmp_path / "b" / "int8", os.getpid())
    old = work_folder(tmp_path / "c" / "int8", os.getpid())
    for folder in (dead, alive, old):
        folder.mkdir(parents=True)
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [alive.parent]
    assert alive.exists()


async def _until(condition: object, timeout_s: float = 60) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)
