"""The whole service over real engine processes, with a completion to ask of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from app.config import Settings
from app.inference.service import InferenceService
from app.inference.types import Chunk, Finished, Message, SamplingParams

NEW_TOKENS = 24
LOAD_S = 300
HELLO = [Message("system", "Be brief."), Message("user", "Hello, what is the capital of France?")]


@contextlib.asynccontextmanager
async def serving(
    data_dir: Path, model_id: str, weight_format: str
) -> AsyncIterator[InferenceService]:
    settings = Settings(
        _env_file=None,
        data_dir=data_dir,
        model=model_id,
        weight_format=weight_format,
        kv_cache_gb=0.1,
    )
    service = InferenceService(settings)
    service.start()
    try:
        async with asyncio.timeout(120):
            while service.state.status not in ("ready", "failed"):
                await asyncio.sleep(0.05)
        assert service.state.status == "ready", service.state.detail
        yield service
    finally:
        await service.stop(0)


async def complete(service: InferenceService) -> tuple[str, Finished]:
    params = SamplingParams(temperature=0.8, max_new_tokens=NEW_TOKENS, seed=1)
    events = [event async for event in service.complete("ada", HELLO, params).events()]
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.finish_reason in ("stop", "length"), end.error
    return "".join(event.text for event in events if isinstance(event, Chunk)), end
