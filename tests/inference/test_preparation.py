"""What is made sure of before an engine starts."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from app.config import Settings
from app.errors import LoadFailed
from app.inference import catalogue, manifest, preparation
from app.inference.catalogue import RecommendedSampling
from app.inference.conversion.types import ConversionRequest, Outcome, Progress
from app.inference.installed import find
from app.inference.preparation import Prepared, prepare
from app.inference.tuning import store
from app.inference.tuning.changes import Changes
from app.inference.types import ModelRef, Target
from tests.inference.test_prompt import write_model
from tests.scripted import SettingsFactory

pytestmark = pytest.mark.anyio

HINTED = "red-pajama-3b-chat"
ALL = ("CPU", "GPU.0", "GPU.1", "AUTO")


@pytest.fixture
def settings(scripted_settings: SettingsFactory) -> Settings:
    return scripted_settings()


@pytest.fixture
def install(settings: Settings) -> Callable[[str], Path]:
    """Put a model of that id into its folder."""

    def install(model_id: str) -> Path:
        folder = settings.models_dir / model_id / "int8"
        folder.mkdir(parents=True)
        return write_model(folder)

    return install


async def prepared(
    settings: Settings, model_id: str, device: str = "CPU", devices: Sequence[str] = ALL
) -> Prepared:
    target = Target(ModelRef(model_id, "int8"), device)
    return await prepare(settings, target, devices, lambda _: None)


@pytest.mark.parametrize(
    ("device", "devices", "hinted"),
    [
        ("CPU", ALL, False),
        ("GPU.1", ALL, True),
        ("GPU", ("CPU", "GPU", "AUTO"), True),
        ("AUTO", ALL, True),
        ("AUTO", ("CPU", "AUTO"), False),
    ],
)
async def test_a_hint_counts_where_its_device_may_run(
    settings: Settings,
    install: Callable[[str], Path],
    device: str,
    devices: Sequence[str],
    hinted: bool,
) -> None:
    install(HINTED)
    spec = (await prepared(settings, HINTED, device, devices)).spec
    assert spec.properties == ({"INFERENCE_PRECISION_HINT": "f32"} if hinted else {})


async def test_the_catalogue_knows_context_and_sampling(
    settings: Settings, install: Callable[[str], Path]
) -> None:
    entry = next(e for e in catalogue.entries() if any(asdict(e.sampling).values()))
    install(entry.model_id)
    ready = await prepared(settings, entry.model_id)
    assert ready.spec.context == entry.context
    assert ready.sampling == entry.sampling


async def test_a_catalogue_model_under_another_name_keeps_its_settings(
    settings: Settings, install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "find", find)
    folder = install("mine")
    (folder / "openvino_model.xml").write_text("<net/>")
    (folder / "config.json").write_text("{}")
    manifest.write(folder, source="x", way="export", command="", catalogue_id=HINTED)
    ready = await prepared(settings, "mine", "GPU.0")
    assert ready.spec.properties == {"INFERENCE_PRECISION_HINT": "f32"}
    assert "\n<human>:" in ready.prompts.stop_strings


async def test_an_unknown_model_speaks_for_itself(settings: Settings) -> None:
    assert (await prepared(settings, "first")).sampling is None
    recommended = settings.models_dir / "first" / "int8" / "generation_config.json"
    recommended.write_text(json.dumps({"temperature": 0.6, "top_k": 20}))
    ready = await prepared(settings, "first")
    assert ready.sampling == RecommendedSampling(temperature=0.6, top_k=20)
    assert ready.spec.context == 0
    assert ready.spec.properties == {}


FOUND = Changes(("one", "two"), {"INFERENCE_PRECISION_HINT": "bf16", "A": "1"}, 512)


async def test_what_tuning_found_is_applied_and_what_a_model_needs_comes_first(
    settings: Settings, install: Callable[[str], Path]
) -> None:
    before = await prepared(settings, "first")
    assert before.subject is not None
    assert not before.tuning
    store.remember(settings.data_dir, before.subject, FOUND)
    tuned = await prepared(settings, "first")
    assert tuned.tuning == FOUND
    assert (tuned.spec.properties, tuned.spec.max_batched_tokens) == (FOUND.properties, 512)
    assert tuned.untuned == before.spec == before.untuned
    assert not (await prepared(settings, "first", "GPU.0")).tuning

    install(HINTED)
    hinted = (await prepared(settings, HINTED, "GPU.0")).subject
    assert hinted is not None
    store.remember(settings.data_dir, hinted, FOUND)
    spec = (await prepared(settings, HINTED, "GPU.0")).spec
    assert spec.properties == {"INFERENCE_PRECISION_HINT": "f32", "A": "1"}


async def test_auto_is_tuned_as_the_only_device_there_is(settings: Settings) -> None:
    subject = (await prepared(settings, "first")).subject
    alone = await prepared(settings, "first", "AUTO", ("CPU", "AUTO"))
    assert alone.subject == subject
    assert alone.spec.device == "AUTO"
    assert (await prepared(settings, "first", "AUTO", ALL)).subject is None


async def test_what_was_found_elsewhere_is_not_applied(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = (await prepared(settings, "first")).subject
    assert subject is not None
    store.remember(settings.data_dir, subject, FOUND)
    monkeypatch.setattr(preparation, "machine", lambda _: "another machine")
    assert not (await prepared(settings, "first")).tuning


async def test_a_damaged_memory_of_tuning_keeps_no_model_from_loading(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.data_dir / store.FILE).write_text("{")
    ready = await prepared(settings, "first")
    assert ready.spec == ready.untuned
    assert "begun anew" in caplog.text


async def test_a_changed_file_is_refused(settings: Settings) -> None:
    folder = settings.models_dir / "first" / "int8"
    manifest.write(folder, source="a hub id", way="export", command="optimum-cli …")
    assert await prepared(settings, "first")
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_bytes(tokenizer.read_bytes().replace(b"BPE", b"BPF"))
    with pytest.raises(LoadFailed, match=r"tokenizer\.json of first \(int8\) is damaged"):
        await prepared(settings, "first")


async def test_the_built_in_model_is_converted_once_unless_it_is_damaged(
    settings: Settings, install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ConversionRequest] = []
    said: list[str] = []

    async def run(
        request: ConversionRequest, data_dir: Path, on_progress: Callable[[Progress], None]
    ) -> Outcome:
        asked.append(request)
        on_progress(Progress("export", 0.25, "Tracing the model"))
        folder = install(request.model_id)
        made_of = manifest.fingerprint(Path(request.source))
        manifest.write(folder, source="built-in", way="export", command="", fingerprint=made_of)
        return Outcome(request.model_id, ())

    monkeypatch.setattr(preparation.process, "run", run)
    target = Target(ModelRef("built-in", "int8"), "CPU")
    await prepare(settings, target, ALL, said.append)
    await prepare(settings, target, ALL, said.append)
    assert len(asked) == 1
    damaged = settings.models_dir / "built-in" / "int8" / "tokenizer.json"
    damaged.write_bytes(damaged.read_bytes().replace(b"BPE", b"BPF"))
    await prepare(settings, target, ALL, lambda _: None)
    assert len(asked) == 2, "damaged, so made anew"
    assert (asked[0].formats[0].group_size, asked[0].formats[0].ratio) == (64, 1.0)
    assert said.count("Tracing the model (25%)") == 1
    assert said.count("checking its files") == 2
