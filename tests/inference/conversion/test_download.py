"""Downloads by the real client from a stand-in for the hub: resumed, checked, refused in words.

Most repositories here hold a ready-made OpenVINO model, which is installed without a conversion.
"""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from huggingface_hub.errors import HfHubHTTPError

from app.errors import ConversionFailed
from app.inference import manifest
from app.inference.catalogue import PromptFormat
from app.inference.conversion import download, refusals, space, worker
from app.inference.conversion.download import Listing, RemoteFile
from app.inference.conversion.process import run
from app.inference.conversion.sources import Sources
from app.inference.conversion.types import Compression, ConversionRequest, Progress
from app.inference.memory import Memory
from tests.hub import MEMBER, STRANGER, Hub
from tests.inference.conversion.jobs import convert, failure, ignore, made_in, until, workers

pytestmark = pytest.mark.anyio

NAME = "maker/tiny-int8-ov"
LARGE = 6_000_000
WEIGHTS = f"{NAME}/openvino_model.bin"


@pytest.fixture
def ready(hub: Hub, tiny_model: Path) -> str:
    """A repository that holds the tiny model at int8; its commit."""
    return hub.add(NAME, tiny_model)


@pytest.mark.engine
async def test_a_ready_made_model_is_installed_as_it_is(
    hub: Hub, ready: str, tiny_model: Path, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    outcome = await convert(NAME, tmp_path, on_progress=seen.append)
    assert (outcome.way, outcome.revision) == ("ready-made", ready)
    assert outcome.command == f"hf download {NAME} --local-dir tiny/int8"
    folder = tmp_path / "models" / "tiny" / "int8"
    name = "openvino_model.bin"
    assert (folder / name).read_bytes() == (tiny_model / name).read_bytes()
    record = manifest.read(folder)
    assert record is not None
    assert (record.source, record.revision, record.way) == (NAME, ready, "ready-made")
    manifest.verify(folder)
    assert not list((tmp_path / "downloads").iterdir()), "kept what nobody needs any more"
    assert [progress.stage for progress in seen if progress.fraction == 1] == ["done"]


@pytest.mark.engine
@pytest.mark.parametrize("how", ["cancelled", "killed"])
async def test_an_interrupted_download_goes_on(
    hub: Hub, tiny_model: Path, tmp_path: Path, how: str
) -> None:
    """The rest comes with the second try, and only that."""
    source = shutil.copytree(tiny_model, tmp_path / "source")
    (source / "openvino_large.bin").write_bytes(os.urandom(LARGE))
    commit = hub.add(NAME, source)
    hub.bytes_per_second = 1_500_000
    data = tmp_path / "data"
    partial = data / "downloads" / f"model--maker--tiny-int8-ov@{commit}" / ".partial"
    work = asyncio.create_task(convert(NAME, data))
    await until(lambda: _size(partial / "openvino_large.bin") > LARGE // 3)
    if how == "killed":
        workers()[0].kill()
        with pytest.raises(ConversionFailed, match="ended by the system"):
            await work
    else:
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert not made_in(data)
    kept = _size(partial / "openvino_large.bin")
    assert 0 < kept < LARGE
    hub.mend()
    hub.served.clear()
    await convert(NAME, data)
    # The stand-in may have had a chunk under way to the first try when it was cleared.
    assert LARGE - kept <= hub.served[f"{NAME}/openvino_large.bin"] <= LARGE - kept + 2**18
    assert hub.served[f"{NAME}/config.json"] == 0, "it had come whole before"
    manifest.verify(data / "models" / "tiny" / "int8")


@pytest.mark.engine
async def test_a_dropped_connection_is_taken_up_within_the_job(
    hub: Hub, ready: str, tmp_path: Path
) -> None:
    hub.break_after(WEIGHTS, 50_000)
    await convert(NAME, tmp_path)
    manifest.verify(tmp_path / "models" / "tiny" / "int8")


@pytest.mark.parametrize("file", [WEIGHTS, f"{NAME}/config.json"], ids=["large", "small"])
async def test_a_flipped_byte_is_refused_and_the_next_try_works(
    hub: Hub, ready: str, tmp_path: Path, file: str
) -> None:
    hub.corrupt(file, 100)
    message = await failure(NAME, tmp_path)
    name = file.rpartition("/")[2]
    assert f"{name} of {NAME} arrived damaged and was thrown away" in message
    hub.mend()
    await convert(NAME, tmp_path)


async def test_a_gated_model_without_and_with_a_token(
    hub: Hub, tiny_model: Path, tmp_path: Path
) -> None:
    hub.add("maker/gated-int8-ov", tiny_model, gated=True)
    for token in ("", STRANGER):
        message = await failure("maker/gated-int8-ov", tmp_path, token=token)
        assert "Accept it at https://huggingface.co/maker/gated-int8-ov" in message
        assert "HF_TOKEN" in message
        assert "Models page" in message
    log: list[str] = []
    outcome = await convert("maker/gated-int8-ov", tmp_path, token=MEMBER, on_log=log.append)
    assert not _files_with(MEMBER, tmp_path)
    assert MEMBER not in "\n".join([*log, str(outcome)])


async def test_a_token_in_what_the_hub_says_does_not_reach_the_log(
    hub: Hub, tmp_path: Path
) -> None:
    with pytest.raises(ConversionFailed) as failed:
        await convert(f"maker/{MEMBER}", tmp_path, token=MEMBER)
    assert MEMBER not in str(failed.value)
    assert MEMBER not in "\n".join(failed.value.log)


@pytest.mark.parametrize("name", ["maker/nothing", "nothing", "a/b/c", "some words"])
async def test_an_unknown_repository(hub: Hub, tmp_path: Path, name: str) -> None:
    assert f"There is no {name} on the hub" in await failure(name, tmp_path)


async def test_a_hub_in_trouble_and_no_network(hub: Hub, tmp_path: Path) -> None:
    hub.down = True
    assert "answered with an error (503)" in await failure("maker/model", tmp_path)
    nobody = "http://127.0.0.1:9"
    assert "could not be reached" in await failure("maker/model", tmp_path, endpoint=nobody)


def test_a_token_that_the_hub_does_not_know() -> None:
    request = httpx.Request("GET", "http://hub.example/api/models/maker/model")
    answer = httpx.Response(401, request=request)
    told = refusals.of("maker/model", None, HfHubHTTPError("Unauthorized", response=answer))
    assert "does not know this token" in str(told)


async def test_the_format_that_a_repository_holds_is_named(
    hub: Hub, ready: str, tmp_path: Path
) -> None:
    message = await failure(NAME, tmp_path, Compression("int4"))
    assert "holds a model in int8. Ask for int8" in message


@pytest.mark.engine
async def test_a_model_that_does_not_run_is_not_offered(
    hub: Hub, tiny_model: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(tiny_model, tmp_path / "broken")
    weights = (broken / "openvino_model.bin").read_bytes()
    (broken / "openvino_model.bin").write_bytes(weights[: len(weights) // 2])
    hub.add("maker/broken-int8-ov", broken)
    message = await failure("maker/broken-int8-ov", tmp_path)
    assert "was made but does not run" in message
    hub.served.clear()
    await failure("maker/broken-int8-ov", tmp_path)
    assert not sum(hub.served.values()), "the download was thrown away"


@pytest.mark.engine
async def test_a_model_that_cannot_be_spoken_to_is_not_offered(
    hub: Hub, tiny_model: Path, tmp_path: Path
) -> None:
    """It would run, but every prompt would fail; or it would be left out of what is installed."""
    for name, file, content, words in (
        (
            "mute",
            "chat_template.jinja",
            "{{ raise_exception('never') }}",
            "does not run: The model",
        ),
        ("hidden", "config.json", "[]", "not a JSON object"),
    ):
        source = shutil.copytree(tiny_model, tmp_path / name)
        (source / file).write_text(content)
        hub.add(f"maker/{name}-int8-ov", source)
        assert words in await failure(f"maker/{name}-int8-ov", tmp_path)


def test_a_model_that_would_be_left_out_is_not_offered(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hidden" / "int8"
    shutil.copytree(tiny_model, folder)
    (folder / "openvino_model.xml").unlink()
    with pytest.raises(ConversionFailed, match="cannot be offered: VinoChat finds no OpenVINO"):
        worker._try(folder, PromptFormat())


async def test_a_ready_made_model_without_a_tokenizer_is_refused(
    hub: Hub, tiny_model: Path, tmp_path: Path
) -> None:
    bare = shutil.copytree(tiny_model, tmp_path / "bare")
    for file in (*bare.glob("*token*"),):
        file.unlink()
    hub.add("maker/bare-int8-ov", bare)
    assert "holds no tokenizer" in await failure("maker/bare-int8-ov", tmp_path)


async def test_awq_with_a_data_set_that_is_no_use_is_refused_before_the_download(
    hub: Hub, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    hub.add("maker/tiny", tiny_checkpoint)
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "train.parquet").write_bytes(b"PAR1")
    hub.add("maker/texts", texts, kind="datasets")
    awq = Compression("int4", awq=True)
    for given, words in (
        ("maker/texts", "holds no .txt or .jsonl file"),
        ("maker/unknown", "There is no maker/unknown on the hub"),
        ("nowhere.txt", "There is no calibration text nowhere.txt"),
    ):
        request = ConversionRequest("maker/tiny", "tiny", (awq,), calibration=given)
        with pytest.raises(ConversionFailed, match=re.escape(words)):
            await run(request, tmp_path, ignore)
    assert hub.served["maker/tiny/model.safetensors"] == 0


async def test_a_kind_of_model_that_nobody_converts_is_refused_before_the_download(
    hub: Hub, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    for kind, words in (("made-up", "of the kind made-up"), ("aquila", "transformers 4.57.6")):
        source = shutil.copytree(tiny_checkpoint, tmp_path / kind)
        config = json.loads((source / "config.json").read_text()) | {"model_type": kind}
        (source / "config.json").write_text(json.dumps(config))
        hub.add(f"maker/{kind}", source)
        message = await failure(f"maker/{kind}", tmp_path)
        assert words in message
        assert "OpenVINO/…-ov" in message
        assert hub.served[f"maker/{kind}/model.safetensors"] == 0


async def test_two_jobs_asked_for_at_once_run_one_after_the_other(
    hub: Hub, ready: str, tmp_path: Path
) -> None:
    hub.bytes_per_second = 200_000
    seen: dict[str, list[str]] = {"one": [], "two": []}

    async def job(model_id: str) -> None:
        def watch(progress: Progress) -> None:
            seen[model_id].append(progress.stage)

        await convert(NAME, tmp_path, model_id=model_id, on_progress=watch)

    await asyncio.gather(job("one"), job("two"))
    first = {stages[0] for stages in seen.values()}
    assert first == {"check", "waiting"}
    assert all(stages[-1] == "done" for stages in seen.values())
    assert len(list((tmp_path / "models").glob("*/int8"))) == 2


@pytest.mark.engine
async def test_a_checkpoint_is_downloaded_without_what_nobody_needs(
    hub: Hub, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "source")
    for name in ("modeling_own.py", "pytorch_model.bin", "training_args.bin", "consolidated.pth"):
        (source / name).write_bytes(b"not wanted")
    (source / "original").mkdir()
    (source / "original" / "model.safetensors").write_bytes(b"not wanted")
    (source / "LICENSE").write_text("Do as you like")
    commit = hub.add("maker/tiny", source)
    outcome = await convert("maker/tiny", tmp_path, endpoint=hub.url)
    assert (outcome.way, outcome.revision) == ("export", commit)
    served = {file.removeprefix("maker/tiny/") for file, count in hub.served.items() if count}
    assert served == _names_in(tiny_checkpoint) | {"LICENSE"}
    assert (tmp_path / "models" / "tiny" / "int8" / "LICENSE").is_file()
    record = manifest.read(tmp_path / "models" / "tiny" / "int8")
    assert record is not None
    assert record.revision == commit


async def test_a_source_is_kept_when_the_conversion_fails(
    hub: Hub, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "source")
    (source / "tokenizer.json").write_text("{}")
    commit = hub.add("maker/broken", source)
    await failure("maker/broken", tmp_path)
    kept = tmp_path / "downloads" / f"model--maker--broken@{commit}"
    assert (kept / "model.safetensors").is_file()
    newer = hub.add("maker/broken", tiny_checkpoint)
    hub.down = True
    await failure("maker/broken", tmp_path)
    assert kept.is_dir(), "nothing newer has come yet"
    hub.mend()
    hub.corrupt("maker/broken/model.safetensors")
    await failure("maker/broken", tmp_path)
    left = [path.name for path in (tmp_path / "downloads").iterdir()]
    assert left == [f"model--maker--broken@{newer}"]


def listing(*names: str) -> Listing:
    return Listing("maker/model", "0" * 40, tuple(RemoteFile(name, 1) for name in names))


def wanted(*names: str, code: bool = False) -> set[str]:
    return {file.name for file in listing(*names).wanted(code=code)}


def test_pickles_are_wanted_only_where_there_is_nothing_else() -> None:
    pickles = ("pytorch_model.bin.index.json", "pytorch_model-1.bin")
    assert wanted(*pickles) == set(pickles)
    assert wanted(*pickles, "model.safetensors") == {"model.safetensors"}
    assert wanted("optimizer.pt", "model.ckpt", "flax_model.msgpack") == set()


def test_weights_are_wanted_in_one_layout() -> None:
    assert wanted("model-1.safetensors", "model.safetensors.index.json", "consolidated.safetensors")
    assert wanted("model.safetensors", "consolidated.safetensors") == {"model.safetensors"}


def test_code_is_wanted_only_where_it_is_allowed() -> None:
    assert wanted("modeling.py", "config.json") == {"config.json"}
    assert wanted("modeling.py", "config.json", code=True) == {"modeling.py", "config.json"}


def test_a_ready_made_model_is_wanted_without_the_original() -> None:
    names = ("openvino_model.xml", "openvino_model.bin", "config.json", "model.safetensors")
    assert wanted(*names) == set(names[:3])


@pytest.mark.parametrize(
    "name",
    [
        *("C:evil.model", "a\\b.model", "tab\t.model", "a\u202eb.model", "nul.model", "Com1.model"),
        *("lpt9 .x.model", "a\nb.model", "?.model", "x" * 250 + ".model", "é" * 125 + ".model"),
    ],
)
def test_a_name_that_is_no_plain_files_is_refused(name: str) -> None:
    with pytest.raises(ConversionFailed, match="unsafe name"):
        wanted("config.json", name)
    assert wanted("config.json", f"folder/{name}", f"{name}.unwanted") == {"config.json"}


def test_names_that_differ_by_capitals_only_are_refused() -> None:
    with pytest.raises(ConversionFailed, match="differ by capitals only"):
        wanted("config.json", "Config.json")


def test_plain_names_are_what_they_seem() -> None:
    assert download.is_plain("data/train-00001-of-2.txt")
    assert download.is_plain(".gitattributes")
    assert download.is_plain("console.model")
    for name in ("../config.json", "/etc/passwd", "a//b", "a/./b", "", ".", "a.", "a ", "\ud800"):
        assert not download.is_plain(name), name


@pytest.mark.parametrize("sha", [None, "main", "../" + "0" * 40, "0" * 39, "0" * 40 + "\n"])
def test_a_commit_that_is_none_is_refused(sha: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    api = download.Hub("http://127.0.0.1:9")
    info = SimpleNamespace(sha=sha, siblings=[])
    monkeypatch.setattr(api._api, "model_info", lambda *_asked, **_how: info)
    with pytest.raises(ConversionFailed, match="names no commit"):
        api.look("maker/model")


def test_a_file_that_ends_early_is_told_as_such() -> None:
    words = "Consistency check failed: file should be of size 10 but has size 9 (x)."
    told = refusals.of("maker/model", None, OSError(words))
    assert isinstance(told, ConversionFailed)
    assert "was cut short. Start the job again: it goes on" in str(told)


@pytest.mark.parametrize("words", ["<html>Log in</html>", '{"a": 1}', "[]"])
def test_what_is_not_the_hub_is_told_as_such(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = httpx.Response(200, text=words, request=httpx.Request("GET", "http://hub.example"))
    session = SimpleNamespace(get=lambda *_, **__: answer)
    monkeypatch.setattr("huggingface_hub.hf_api.get_session", lambda: session)
    with pytest.raises(ConversionFailed, match="What answered is not the hub"):
        download.Hub("http://hub.example").look("maker/model")


async def test_a_config_that_is_too_large_to_be_one_is_not_downloaded(
    hub: Hub, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    source = shutil.copytree(tiny_checkpoint, tmp_path / "source")
    (source / "config.json").write_bytes(b" " * 10_000_001)
    hub.add("maker/large", source)
    assert "config.json of maker/large is larger than 10 MB" in await failure(
        "maker/large", tmp_path / "data"
    )
    assert not hub.served["maker/large/config.json"]


def sources(hub: Hub, data: Path, source: str, *formats: Compression, **how: str) -> Sources:
    request = ConversionRequest(source, "tiny", formats or (Compression("int8"),), **how)  # type: ignore[arg-type]
    return Sources(request, None, data, "", hub.url)


def test_what_has_come_in_part_needs_no_room_any_more(
    hub: Hub, ready: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(space, "check_disk", lambda needed: asked.append(sum(needed.values())))
    for partial in ("", ".partial", "openvino_model.bin"):
        wanted = sources(hub, tmp_path, NAME)
        plan = wanted.plan()
        file = tmp_path / "downloads" / f"model--maker--tiny-int8-ov@{ready}" / partial
        if partial == ".partial":
            file = file / "openvino_model.bin"
        if partial:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(bytes(100_000))
        wanted.check_space(plan)
    assert asked[0] - asked[1] == 100_000
    assert asked[2] == asked[1]


def test_a_finished_model_that_does_not_fit_the_memory_is_not_downloaded(
    hub: Hub, ready: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "memory", lambda: Memory(10**9, 10**8))
    wanted = sources(hub, tmp_path, NAME)
    plan = wanted.plan()
    with pytest.raises(ConversionFailed, match=r"about 0\.5 GB of memory, 0\.1 GB are free"):
        wanted.check_space(plan)


def test_a_model_and_a_data_set_of_one_name_leave_each_other_alone(
    hub: Hub, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "train.txt").write_text("A text that is long enough.\n")
    (texts / "nul.txt").write_text("Another one that is long enough.\n")
    hub.add("maker/same", tiny_checkpoint)
    hub.add("maker/same", texts, kind="datasets")
    awq = Compression("int4", awq=True)
    wanted = sources(hub, tmp_path, "maker/same", awq, calibration="maker/same")
    wanted.plan()
    file = Path(wanted.calibration())
    assert file.name == "train.txt"
    wanted.checkpoint(lambda _there, _total: None)
    assert file.is_file()
    assert len(list((tmp_path / "downloads").iterdir())) == 2


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _files_with(text: str, folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if text.encode() in path.read_bytes()]
