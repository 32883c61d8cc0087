"""The order of events of a job, in this process: nothing is converted, no model is run."""

from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from app.inference import catalogue, manifest
from app.inference.conversion import worker
from app.inference.conversion.sources import Sources
from app.inference.conversion.types import Compression, ConversionRequest
from app.inference.conversion.worker import Job
from tests.hub import Hub

NAME = "maker/tiny-int8-ov"


@pytest.fixture
def ready(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for a finished model on the hub; its folder."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("openvino_model.xml", "openvino_model.bin", "tokenizer.json"):
        (source / name).write_text(name)
    (source / "config.json").write_text('{"model_type": "llama"}')
    hub.add(NAME, source)
    monkeypatch.setattr(worker, "_try", lambda *_what: None)
    return source


def run(hub: Hub, data: Path, source: str = NAME, model_id: str = "tiny") -> Path:
    """Run the job; the folder that it made."""
    request = ConversionRequest(source, model_id, (Compression("int8"),))
    Job(request, data, "", hub.url, lambda _kind, _value: None).run()
    return data / "models" / model_id / "int8"


def test_downloads_are_removed_before_the_next_job_may_begin(
    hub: Hub, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed, locked = Sources.remove, list[bool]()

    def remove(sources: Sources) -> None:
        lock = FileLock(tmp_path / ".conversion-models.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            locked.append(True)
        removed(sources)

    monkeypatch.setattr(Sources, "remove", remove)
    run(hub, tmp_path)
    assert locked == [True]
    assert not list((tmp_path / "downloads").iterdir())


def test_a_catalogue_model_under_another_name_is_recorded_as_itself(
    hub: Hub, ready: Path, tmp_path: Path
) -> None:
    entry = catalogue.entry("tiny-llama-1b-chat")
    assert entry is not None
    hub.add(entry.ready_made["int8"], ready)
    for source, known in ((entry.hub_id, entry.model_id), (NAME, "")):
        made = run(hub, tmp_path, source, f"mine-{known}")
        record = manifest.read(made)
        assert record is not None
        assert record.catalogue_id == known


def test_where_files_cannot_be_linked_they_are_copied(
    hub: Hub, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_paths: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(worker.os, "link", refuse)
    made = run(hub, tmp_path)
    assert (made / "openvino_model.bin").read_text() == "openvino_model.bin"
