"""Every required model, as a random checkpoint of its architecture: from the hub to a stream.

Downloaded from the stand-in hub by the real client, converted in its way, compressed to its two
formats, loaded in its engine process and streamed in its prompt format. By default one model for
each way of converting runs (ready-made ones are in test_download.py and in
test_remote_code_models.py); all of them, with the table of `docs/models.md` printed at the end, by

    python -m pytest tests/inference/conversion/test_architectures.py -m "engine or architectures"

"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.errors import ConversionFailed
from app.inference import catalogue, manifest
from app.inference.catalogue import CatalogueEntry
from app.inference.conversion.process import run
from app.inference.conversion.types import ConversionRequest, Outcome, Progress, Way
from app.inference.types import ModelRef
from tests import checkpoints as random_checkpoints
from tests.checkpoints import ran
from tests.hub import MEMBER, Hub
from tests.inference.serving import complete, serving

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

# The family of random checkpoints that stands for each required model.
FAMILY_OF = {
    "tiny-llama-1b-chat": "tiny-llama",
    "mini-cpm-2b-dpo": "minicpm",
    "gemma-2b-it": "gemma",
    "gemma-7b-it": "gemma",
    "phi-3-mini-instruct": "phi3",
    "red-pajama-3b-chat": "red-pajama",
    "llama-2-chat-7b": "llama-2",
    "llama-3-8b-instruct": "llama-3",
    "qwen2-1.5b-instruct": "qwen2",
    "qwen2-7b-instruct": "qwen2",
    "qwen1.5-0.5b-chat": "qwen1.5",
    "qwen1.5-1.8b-chat": "qwen1.5",
    "qwen1.5-7b-chat": "qwen1.5",
    "mpt-7b-chat": "mpt",
    "mistral-7b": "mistral",
    "zephyr-7b-beta": "zephyr",
    "neural-chat-7b-v3-1": "zephyr",
    "notus-7b-v1": "zephyr",
    "youri-7b-chat": "youri",
    "stable-zephyr-3b": "stablelm",
    "phi-2": "phi",
    "dolly-v2-3b": "dolly",
    "red-pajama-3b-instruct": "red-pajama",
    "mistral-7b-instruct-v0.2": "mistral-instruct",
    "blenderbot-400m-distill": "blenderbot",
}
BY_DEFAULT = ("qwen2-1.5b-instruct", "gemma-2b-it")


@dataclass
class Row:
    """What the table tells of one model."""

    model_id: str
    family: str
    outcome: Outcome
    versions: dict[str, str]
    seconds: dict[str, float]
    engine: str = ""
    streamed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        sizes = []
        for one in self.outcome.converted:
            rate = self.outcome.rate(one)
            size = f"{one.weight_format} {one.model_bytes / 1e6:.2f} MB"
            sizes.append(f"{size} ({rate:.3f})" if rate else size)
        fp16 = f"{self.outcome.fp16_bytes / 1e6:.2f} MB" if self.outcome.fp16_bytes else "–"
        library = self.versions.get("transformers", "–")
        cells = [self.model_id, self.family, self.outcome.way, library]
        cells += [f"{self.seconds.get('export', 0):.0f}", fp16, ", ".join(sizes)]
        return "| " + " | ".join([*cells, self.engine, ", ".join(self.streamed)]) + " |"


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[Row]]:
    """The rows of this run, printed at its end."""
    rows: list[Row] = []
    yield rows
    plugins = request.config.pluginmanager
    with plugins.getplugin("capturemanager").global_and_fixture_disabled():
        for row in ("", *rows):
            plugins.getplugin("terminalreporter").write_line(str(row))


@pytest.fixture
def data_dir(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose older libraries are shared by the tests of a run."""
    shared = tmp_path_factory.getbasetemp() / "environments"
    shared.mkdir(exist_ok=True)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "environments").symlink_to(shared)
    return folder


CASES = [
    pytest.param(model_id, marks=() if model_id in BY_DEFAULT else pytest.mark.architectures)
    for model_id in FAMILY_OF
]


@pytest.mark.parametrize("model_id", CASES)
async def test_converted_here(
    model_id: str, hub: Hub, checkpoints: dict[str, Path], data_dir: Path, table: list[Row]
) -> None:
    entry, checkpoint = known(model_id), checkpoints[FAMILY_OF[model_id]]
    hub.add(entry.hub_id, checkpoint, gated=entry.gated)
    row = await convert(entry, FAMILY_OF[model_id], data_dir, way="export")
    table.append(row)
    assert row.outcome.way == ("older-export" if entry.transformers else "export")
    assert row.versions["transformers"].startswith(entry.transformers or "5.5")
    check_sizes(row.outcome)
    assert ran(checkpoint).exists() == entry.remote_code, "the model's own code"
    ran(checkpoint).unlink(missing_ok=True)
    await check_streams(row, data_dir)
    assert row.engine == ("optimum" if entry.architecture in ("mpt", "blenderbot") else "genai")


READY = [
    pytest.param("tiny-llama-1b-chat", marks=pytest.mark.architectures),
    pytest.param("gemma-2b-it", marks=pytest.mark.architectures),
    pytest.param("red-pajama-3b-instruct", marks=pytest.mark.architectures),
]


@pytest.mark.parametrize("model_id", READY)
async def test_ready_made(
    model_id: str,
    hub: Hub,
    checkpoints: dict[str, Path],
    data_dir: Path,
    tmp_path: Path,
    table: list[Row],
) -> None:
    """Not even the original repository is there: nothing else than the ready one is needed."""
    entry, formats = known(model_id), ("int8", "int4")
    # The libraries installed here make these; a stand-in for Gemma is a Llama in an IR.
    family = "tiny-llama" if entry.transformers else FAMILY_OF[model_id]
    for weight_format in formats:
        made = tmp_path / "made" / weight_format
        random_checkpoints.make_ready(checkpoints[family], made, weight_format)
        hub.add(entry.ready_made[weight_format], made)
    row = await convert(entry, family, data_dir)
    table.append(row)
    assert row.outcome.way == "ready-made"
    assert row.outcome.converted[0].model_bytes > row.outcome.converted[1].model_bytes
    await check_streams(row, data_dir)


def known(model_id: str) -> CatalogueEntry:
    entry = catalogue.entry(model_id)
    assert entry is not None, f"{model_id} is not in the catalogue"
    return entry


def wanted(entry: CatalogueEntry) -> tuple[str, ...]:
    """The two formats that the app shall offer of every model."""
    return ("int8", "int4") if "int4" in entry.weight_formats else ("fp16", "int8")


async def convert(
    entry: CatalogueEntry, family: str, data_dir: Path, way: Way | None = None
) -> Row:
    """Run the whole job as the app does, with a stop watch."""
    began: list[tuple[str, float]] = []
    request = ConversionRequest(
        entry.hub_id,
        entry.model_id,
        tuple(entry.compression(weight_format) for weight_format in wanted(entry)),
        trust_remote_code=entry.remote_code,
        way=way,
    )

    def watch(progress: Progress) -> None:
        began.append((progress.stage, time.monotonic()))

    try:
        outcome = await run(request, data_dir, watch, token=MEMBER if entry.gated else "")
    except ConversionFailed as error:
        if "Python package index" in str(error):
            pytest.skip(str(error))
        raise AssertionError("\n".join([str(error), *error.log])) from error
    seconds: dict[str, float] = {}
    for (stage, start), (_, end) in zip(began, [*began[1:], began[-1]], strict=True):
        seconds[stage] = seconds.get(stage, 0) + end - start
    folder = data_dir / "models" / entry.model_id / wanted(entry)[0]
    record = manifest.read(folder)
    assert record is not None
    return Row(entry.model_id, family, outcome, dict(record.versions), seconds)


def check_sizes(outcome: Outcome) -> None:
    """Half of fp16 in int8, and less again in int4; random layers are of no other size."""
    for one in outcome.converted:
        rate = outcome.rate(one)
        assert rate is not None
        low, high = {"fp16": (0.99, 1.01), "int8": (1.8, 2.05), "int4": (2.1, 4)}[one.weight_format]
        assert low < rate < high, f"{one.weight_format}: {rate:.3f}"


async def check_streams(row: Row, data_dir: Path) -> None:
    """Load every format in its engine process and stream from it in the model's prompt format."""
    formats = [one.weight_format for one in row.outcome.converted]
    async with serving(data_dir, row.model_id, formats[0]) as service:
        for weight_format in formats:
            if weight_format != formats[0]:
                await service.switch(ModelRef(row.model_id, weight_format))
            text, end = await complete(service)
            assert end.receipt.weight_format == weight_format
            assert end.receipt.prompt_tokens > 5
            assert end.receipt.completion_tokens > 1
            assert text.strip(), "tokens without text"
            row.streamed.append(f"{end.receipt.completion_tokens} {end.finish_reason}")
        row.engine = service.info.kind
