"""The routes under /v1. Who may call is the gate's business: it has checked the API key."""

import contextlib
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from app.auth.sessions import CurrentUser
from app.errors import ClientLeft, NotFound, UnknownModel, VinoChatError
from app.inference.completion import Completion
from app.inference.service import InferenceService
from app.inference.types import Chunk, Finished, Queued
from app.openai_api.answers import Answer, ChatAnswer, Json, TextAnswer, usage
from app.openai_api.choices import Indexed, together
from app.openai_api.requests import ChatRequest, CompletionRequest
from app.web.answers import error_event

DISCONNECT_CHECK_S = 0.5
_ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def router(inference: InferenceService) -> APIRouter:
    """All of /v1."""
    routes = APIRouter(prefix="/v1")

    @routes.get("/models")
    async def models() -> dict[str, Any]:
        """The model that is loaded."""
        serving = inference.state.serving
        data = [_model(serving.model.model_id)] if serving else []
        return {"object": "list", "data": data}

    @routes.get("/models/{model_id:path}")
    async def model(model_id: str) -> dict[str, Any]:
        """One model, if it is loaded."""
        _check_model(inference, model_id)
        return _model(model_id)

    @routes.post("/chat/completions")
    async def chat_completions(body: ChatRequest, request: Request) -> Response:
        """Chat completions."""
        user: CurrentUser = request.state.user
        _check_model(inference, body.model)
        messages = [message.as_message() for message in body.messages]
        completions = [
            inference.complete(user.id, messages, params)
            for params in body.sampling(_longest(inference))
        ]
        answer = ChatAnswer(body.model, logprobs=body.logprobs)
        return await _respond(_Exchange(body, request, completions, answer))

    @routes.post("/completions")
    async def completions(body: CompletionRequest, request: Request) -> Response:
        """Text completions."""
        user: CurrentUser = request.state.user
        _check_model(inference, body.model)
        completions, echoes = [], []
        for prompt in body.prompts:
            completions += [inference.go_on(user.id, prompt, p) for p in body.sampling()]
            echoes += [await _text_of(inference, prompt) if body.echo else ""] * body.n
        answer = TextAnswer(body.model, echoes, body.logprobs)
        return await _respond(_Exchange(body, request, completions, answer))

    @routes.api_route("/{path:path}", methods=_ANY_METHOD, include_in_schema=False)
    async def nothing(path: str, request: Request) -> None:
        raise NotFound(f"There is no {request.method} /v1/{path}. The page /docs lists what is.")

    return routes


def _model(model_id: str) -> dict[str, Any]:
    return {"id": model_id, "object": "model", "created": 0, "owned_by": "vinochat"}


def _check_model(inference: InferenceService, model_id: str) -> None:
    serving = inference.state.serving
    if serving and model_id != serving.model.model_id:
        raise UnknownModel(
            f"The model {model_id!r} is not loaded; {serving.model.model_id!r} is. Ask for that "
            "one, or load the other on the Models page."
        )


async def _text_of(inference: InferenceService, prompt: str | tuple[int, ...]) -> str:
    return prompt if isinstance(prompt, str) else await inference.decode(prompt)


def _longest(inference: InferenceService) -> int:
    return min(inference.info.room_after(0), 8192)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A request and what answers it; the completions of one prompt stand side by side."""

    body: ChatRequest | CompletionRequest
    request: Request
    completions: list[Completion]
    answer: Answer


async def _respond(exchange: _Exchange) -> Response:
    events = together(exchange.completions)
    first = await anext(events)  # what is refused before any text gets its own HTTP status
    if exchange.body.stream:
        lines = _stream(exchange, _with_first(first, events))
        return StreamingResponse(lines, media_type="text/event-stream")
    return JSONResponse(await _whole(exchange, _with_first(first, events)))


async def _with_first(first: Indexed, events: AsyncGenerator[Indexed]) -> AsyncGenerator[Indexed]:
    async with contextlib.aclosing(events):
        yield first
        async for event in events:
            yield event


async def _stream(exchange: _Exchange, events: AsyncGenerator[Indexed]) -> AsyncGenerator[str]:
    """Server-sent events as OpenAI's clients read them."""
    options = exchange.body.stream_options
    finished: dict[int, Finished] = {}
    try:
        async with contextlib.aclosing(events):
            for index in range(len(exchange.completions)):
                for piece in exchange.answer.opening(index):
                    yield _sse(piece)
            async for index, event in events:
                if isinstance(event, Finished):
                    finished[index] = event
                for line in _lines(exchange.answer, index, event):
                    yield line
        if options is not None and options.include_usage:
            ends = [finished[index] for index in range(len(finished))]
            yield _sse(exchange.answer.usage_piece(usage(ends, exchange.body.n)))
    except VinoChatError as error:
        yield error_event(error)
    yield "data: [DONE]\n\n"


def _lines(answer: Answer, index: int, event: Chunk | Queued | Finished) -> list[str]:
    match event:
        case Queued(position):
            return [f": waiting, position {position}\n\n"]
        case Chunk():
            return [_sse(piece) for piece in answer.pieces(index, event)]
        case Finished():
            return [_sse(piece) for piece in answer.ending(index, event)]


def _sse(content: Json) -> str:
    return f"data: {json.dumps(content)}\n\n"


async def _whole(exchange: _Exchange, events: AsyncGenerator[Indexed]) -> Json:
    """The stream, joined. A client that has gone away ends it."""
    chunks: list[list[Chunk]] = [[] for _ in exchange.completions]
    finished: dict[int, Finished] = {}
    checked_at = time.monotonic()
    async with contextlib.aclosing(events):
        async for index, event in events:
            if isinstance(event, Chunk):
                chunks[index].append(event)
            elif isinstance(event, Finished):
                finished[index] = event
            if time.monotonic() - checked_at > DISCONNECT_CHECK_S:
                checked_at = time.monotonic()
                if await exchange.request.is_disconnected():
                    raise ClientLeft("The client went away before the completion ended.")
    ends = [finished[index] for index in range(len(finished))]
    choices = [exchange.answer.choice(index, chunks[index], end) for index, end in enumerate(ends)]
    return exchange.answer.whole(choices, usage(ends, exchange.body.n))
