"""The folder and the lock of a job."""

import os
import threading
import time
from pathlib import Path

import pytest

from app.inference.conversion import workplace


def never() -> None:
    pytest.fail("there is nobody to wait for")


def test_a_job_has_an_empty_folder_that_is_gone_afterwards(tmp_path: Path) -> None:
    with workplace.opened(tmp_path, "models", 12, never) as folder:
        assert not list(folder.iterdir())
        assert folder.parent == tmp_path / "models"
        assert folder.name.startswith("."), "it would count as a model"
        (folder / "half").write_text("made")
    assert not folder.exists()


def test_it_is_gone_after_a_failure_too(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), workplace.opened(tmp_path, "models", 1, never):
        raise OSError("full")
    assert not list((tmp_path / "models").iterdir())


def test_what_the_dead_left_is_removed_and_other_lanes_are_left_alone(tmp_path: Path) -> None:
    models = tmp_path / "models"
    for name in (".converting-models-999", ".converting-built-in-999", "zephyr"):
        (models / name).mkdir(parents=True)
    with workplace.opened(tmp_path, "models", 1, never):
        pass
    assert sorted(path.name for path in models.iterdir()) == [".converting-built-in-999", "zephyr"]


def test_a_second_job_waits_until_the_first_is_done(tmp_path: Path) -> None:
    waits, order = threading.Event(), list[str]()

    def second() -> None:
        with workplace.opened(tmp_path, "models", 2, waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with workplace.opened(tmp_path, "models", 1, never) as folder:
        thread.start()
        assert waits.wait(10)
        assert folder.is_dir(), "whoever waits must not clean up yet"
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_the_built_in_model_waits_for_nobody(tmp_path: Path) -> None:
    assert workplace.lane("built-in") != workplace.lane("zephyr") == workplace.lane("gemma")
    with (
        workplace.opened(tmp_path, "models", 1, never),
        workplace.opened(tmp_path, "built-in", 1, never),
    ):
        pass


def test_downloads_that_nobody_came_back_for_are_removed(tmp_path: Path) -> None:
    week = 7 * 86400
    for name, age in (("old", week + 60), ("resumed", week + 60), ("new", week - 60)):
        file = tmp_path / "downloads" / name / ".partial" / "model.bin"
        file.parent.mkdir(parents=True)
        file.touch()
        for path in (file, file.parent, file.parent.parent):
            os.utime(path, (time.time() - age,) * 2)
    os.utime(tmp_path / "downloads" / "resumed" / ".partial" / "model.bin")
    with workplace.opened(tmp_path, "built-in", 1, never):
        assert len(list((tmp_path / "downloads").iterdir())) == 3, "another job may read them"
    with workplace.opened(tmp_path, "models", 1, never):
        names = {path.name for path in (tmp_path / "downloads").iterdir()}
    assert names == {"resumed", "new"}


def test_what_is_installed_already_is_named_and_what_is_left_to_ask_for(tmp_path: Path) -> None:
    zephyr = tmp_path / "zephyr"
    assert workplace.installed_already(zephyr, ["int8"]) == ""
    (zephyr / "int8").mkdir(parents=True)
    assert workplace.installed_already(zephyr, ["int4"]) == ""
    some = workplace.installed_already(zephyr, ["fp16", "int8", "int4"])
    assert some.startswith("zephyr (int8) is installed already. Ask for fp16 and int4 only, or")
    every = workplace.installed_already(zephyr, ["int8"])
    assert every.startswith("zephyr (int8) is installed already. Load it, or delete it")


def test_the_folder_of_a_killed_job_can_be_removed_by_its_process_id(tmp_path: Path) -> None:
    models = tmp_path / "models"
    for pid in (12, 112):
        (models / f".converting-models-{pid}" / "fp16").mkdir(parents=True)
    workplace.remove(tmp_path, 12)
    assert [path.name for path in models.iterdir()] == [".converting-models-112"]
