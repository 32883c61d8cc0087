"""Fixtures for services that run on scripted engines: real queue, real prompts, no model."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from app.config import Settings
from app.errors import UnknownModel
from app.inference import preparation, service, supervisor
from app.inference.devices import Device
from app.inference.installed import InstalledModel
from app.inference.service import InferenceService
from app.inference.types import (
    Chunk,
    EngineSpec,
    Finished,
    Message,
    ModelRef,
    SamplingParams,
    StreamEvent,
)
from tests.fakes import FakeEngine
from tests.inference.test_prompt import write_model

SettingsFactory = Callable[..., Settings]
MakeService = Callable[..., contextlib.AbstractAsyncContextManager[InferenceService]]


class Engines:
    """The factory of engines: keeps every one it made, and prepares the next."""

    def __init__(self) -> None:
        self.made: list[FakeEngine] = []
        self.prepare: Callable[[FakeEngine], None] = lambda engine: None

    def __call__(self, spec: EngineSpec) -> FakeEngine:
        engine = FakeEngine(spec)
        self.prepare(engine)
        self.made.append(engine)
        return engine

    @property
    def last(self) -> FakeEngine:
        return self.made[-1]


@pytest.fixture
def engines() -> Engines:
    """The engines that a test's service makes, all of them scripted."""
    return Engines()


@pytest.fixture
def scripted_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SettingsFactory:
    return script(tmp_path, monkeypatch)


def script(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> SettingsFactory:
    """Settings over two models, "first" and "other", that exist as tokenizers only."""

    def find(models_dir: Path, model_id: str, weight_format: str) -> InstalledModel:
        folder = models_dir / model_id / weight_format
        if not folder.exists():
            raise UnknownModel(f"{model_id} is not installed.")
        return installed(ModelRef(model_id, weight_format), folder)

    def installed(ref: ModelRef, folder: Path) -> InstalledModel:
        return InstalledModel(ref, folder, 1, "LlamaForCausalLM", 2048, "genai")

    names = ("first", "other")
    folders = {ModelRef(name, "int8"): data_dir / "models" / name / "int8" for name in names}
    for folder in folders.values():
        folder.mkdir(parents=True)
        write_model(folder)
    everything = [installed(*item) for item in folders.items()]
    devices = [Device("CPU", "A CPU"), Device("AUTO", "Any")]
    monkeypatch.setattr(preparation, "find", find)
    monkeypatch.setattr(service, "list_installed", lambda _: everything)
    monkeypatch.setattr(supervisor, "list_devices", lambda: devices)
    monkeypatch.setattr(supervisor, "RESTART_DELAYS_S", (0.0, 0.05))
    return lambda **values: Settings(_env_file=None, data_dir=data_dir, model="first", **values)


@pytest.fixture
def make_service(scripted_settings: SettingsFactory, engines: Engines) -> MakeService:
    """A running service on scripted engines; keywords are settings."""

    @contextlib.asynccontextmanager
    async def make_service(**values: object) -> AsyncGenerator[InferenceService]:
        inference = InferenceService(scripted_settings(**values), engines)
        inference.start()
        await until(lambda: inference.state.status in ("ready", "failed"))
        try:
            yield inference
        finally:
            await inference.stop(0)

    return make_service


async def until(condition: Callable[[], object], timeout_s: float = 5) -> None:
    """Wait for something that is bound to come true."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


HELLO = [Message("user", "Hello")]


async def collect(
    service: InferenceService, user: str = "ada", new: int = 5, **params: object
) -> list[StreamEvent]:
    sampling = SamplingParams(max_new_tokens=new, **params)  # type: ignore[arg-type]
    return [event async for event in service.complete(user, HELLO, sampling).events()]


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Chunk))


def end_of(events: list[StreamEvent]) -> Finished:
    assert sum(isinstance(event, Finished) for event in events) == 1
    assert isinstance(events[-1], Finished)
    return events[-1]
