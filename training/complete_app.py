"""Completions by the app itself: its conversion, its compression, its engine.

Contract: the checkpoint is converted as the built-in model is, into a folder that is gone
afterwards; prompts, sampling and streams are the app's own.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.config import Settings
from app.inference.conversion import process
from app.inference.conversion.types import Compression, ConversionRequest, Progress
from app.inference.service import InferenceService
from app.inference.types import Chunk, Finished, Message, Role, SamplingParams
from training.cases import Case
from training.complete_torch import Complete, Completion

_CANDIDATE = "candidate"
_GROUP_SIZE = 64  # the one that the app compresses the built-in model with
_TOGETHER = 8
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}


def complete(
    folder: Path, weight_format: str, parameters: dict[str, float], longest: int
) -> Complete:
    """A function that completes cases in an engine process of its own."""
    params = SamplingParams(
        temperature=parameters["temperature"],
        top_p=parameters["top_p"],
        top_k=int(parameters["top_k"]),
        repetition_penalty=parameters["repetition_penalty"],
        max_new_tokens=longest,
        seed=0,
    )
    source = folder.resolve()
    return lambda asked: asyncio.run(_all(source, weight_format, params, asked))


async def _all(
    folder: Path, weight_format: str, params: SamplingParams, asked: Sequence[Case]
) -> list[Completion]:
    with tempfile.TemporaryDirectory() as data:
        settings = Settings.model_validate(
            {"data_dir": data, "model": _CANDIDATE, "weight_format": weight_format}
        )
        formats = (Compression(weight_format, group_size=_GROUP_SIZE),)
        request = ConversionRequest(str(folder), _CANDIDATE, formats)
        await process.run(request, settings.data_dir, _unheard)
        inference = InferenceService(settings)
        inference.start()
        try:
            while not inference.state.serving:
                if inference.state.status == "failed":
                    raise RuntimeError(inference.state.detail)
                await asyncio.sleep(0.1)
            turns = asyncio.Semaphore(_TOGETHER)
            return await asyncio.gather(*(_one(inference, case, params, turns) for case in asked))
        finally:
            await inference.stop(grace_s=0)


def _unheard(progress: Progress) -> None:
    """Conversions take seconds; nobody waits for their progress here."""


async def _one(
    inference: InferenceService, case: Case, params: SamplingParams, turns: asyncio.Semaphore
) -> Completion:
    messages = [Message(_ROLES[m["role"]], m["content"]) for m in case.messages]
    text, ended = "", False
    async with turns:
        completion = inference.complete("evaluation", messages, params)
        async with contextlib.aclosing(completion.events()) as events:
            async for event in events:
                match event:
                    case Chunk(piece):
                        text += piece
                    case Finished() if event.error:
                        raise RuntimeError(event.error)
                    case Finished():
                        ended = event.finish_reason == "stop"
    return Completion(text, ended)
