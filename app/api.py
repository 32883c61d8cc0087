"""HTTP for programs: the OpenAI-compatible /v1 and the probes.

Translates between JSON and the inference service. Who may call is the gate's business.
"""

import contextlib
import json
import secrets
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.auth.sessions import CurrentUser
from app.errors import EngineFailed, UnknownModel, VinoChatError
from app.inference.completion import Completion
from app.inference.reasoning import ReasoningSplitter, Thought, split
from app.inference.service import InferenceService
from app.inference.types import (
    Chunk,
    Finished,
    Message,
    Queued,
    Role,
    SamplingParams,
    ServiceState,
    StreamEvent,
)
from app.web.answers import error_detail

DISCONNECT_CHECK_S = 0.5


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class TextPart(_Body):
    """A piece of a message's content; text is the only kind."""

    type: Literal["text"]
    text: str


class ChatMessage(_Body):
    """One message as OpenAI's clients send it; "developer" is their newer word for "system".

    Reasoning that is sent back with an answer is ignored: no model wants to read it again.
    """

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]
    name: str | None = None
    reasoning_content: str | None = None

    def as_message(self) -> Message:
        role: Role = "system" if self.role == "developer" else self.role
        parts = self.content
        return Message(role, parts if isinstance(parts, str) else "".join(p.text for p in parts))


class StreamOptions(_Body):
    """`include_usage` adds a last chunk with the token counts."""

    include_usage: bool = False


class ChatRequest(_Body):
    """POST /v1/chat/completions. A parameter that is not listed here is refused.

    Defaults are OpenAI's; top_k and repetition_penalty are ours. `user` is accepted and ignored.
    Without max_tokens, the model's context window is the limit.
    """

    model: str
    messages: list[ChatMessage] = Field(min_length=1, max_length=2000)
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: Literal[1] = 1
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: str | None = None

    def sampling(self, longest: int) -> SamplingParams:
        """`longest` (tokens) stands in where no limit is given."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        limit = self.max_completion_tokens if self.max_tokens is None else self.max_tokens
        return SamplingParams(
            temperature=1.0 if self.temperature is None else self.temperature,
            top_p=1.0 if self.top_p is None else self.top_p,
            top_k=0 if self.top_k is None else self.top_k,
            repetition_penalty=1.0 if self.repetition_penalty is None else self.repetition_penalty,
            max_new_tokens=longest if limit is None else limit,
            seed=self.seed,
            stop=stop,
        )


def router(inference: InferenceService) -> APIRouter:
    """The routes for programs: probes and /v1."""
    routes = APIRouter()

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz")
    async def readyz() -> Response:
        return _readiness(inference.state)

    @routes.get("/v1/models")
    async def models() -> dict[str, Any]:
        serving = inference.state.serving
        ids = [serving.model.model_id] if serving else []
        entries = [{"id": i, "object": "model", "created": 0, "owned_by": "vinochat"} for i in ids]
        return {"object": "list", "data": entries}

    @routes.post("/v1/chat/completions")
    async def chat_completions(body: ChatRequest, request: Request) -> Response:
        user: CurrentUser = request.state.user
        completion = _completion(inference, body, user)
        answer = _Answer(body.model)
        events = completion.events()
        first = await anext(events)  # what is refused before any text gets its own HTTP status
        if body.stream:
            usage = body.stream_options is not None and body.stream_options.include_usage
            lines = _stream(answer, first, events, usage)
            return StreamingResponse(lines, media_type="text/event-stream")
        return JSONResponse(await _whole(answer, first, events, request))

    return routes


def _readiness(state: ServiceState) -> Response:
    serving = state.serving
    if serving is None:
        content = {"status": state.status, "reason": state.detail}
        return JSONResponse(content, 503, {"Retry-After": "5"})
    return JSONResponse(
        {
            "status": "ready",
            "model": serving.model.model_id,
            "device": serving.device,
            "weight_format": serving.model.weight_format,
            "engine": serving.info.kind,
        }
    )


def _completion(inference: InferenceService, body: ChatRequest, user: CurrentUser) -> Completion:
    serving = inference.state.serving
    if serving and body.model != serving.model.model_id:
        raise UnknownModel(
            f"The model {body.model!r} is not loaded; {serving.model.model_id!r} is. Ask for that "
            "one, or load the other on the Models page."
        )
    params = body.sampling(min(inference.info.room_after(0), 8192))
    return inference.complete(user.id, [m.as_message() for m in body.messages], params)


class _Answer:
    """The parts that every JSON object of one answer shares."""

    def __init__(self, model: str) -> None:
        self._model, self._created = model, int(time.time())
        self._id = f"chatcmpl-{secrets.token_hex(12)}"

    def body(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self._model,
            "choices": choices,
        }

    def chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self.body("chat.completion.chunk", [choice])


def _usage(finished: Finished) -> dict[str, int]:
    receipt = finished.receipt
    return {
        "prompt_tokens": receipt.prompt_tokens,
        "completion_tokens": receipt.completion_tokens,
        "total_tokens": receipt.prompt_tokens + receipt.completion_tokens,
    }


def _finish_reason(finished: Finished) -> str:
    return "length" if finished.finish_reason == "length" else "stop"


async def _rest(
    first: StreamEvent, events: AsyncGenerator[StreamEvent]
) -> AsyncGenerator[StreamEvent]:
    """The whole stream again; a Finished with an error becomes the exception that it is."""
    async with contextlib.aclosing(events):
        event: StreamEvent | None = first
        while event is not None:
            if isinstance(event, Finished) and event.finish_reason == "error":
                raise EngineFailed(event.error or "The engine failed. Try again.")
            yield event
            event = await anext(events, None)


async def _stream(
    answer: _Answer, first: StreamEvent, events: AsyncGenerator[StreamEvent], usage: bool
) -> AsyncGenerator[str]:
    """Server-sent events as OpenAI's clients read them."""
    yield _sse(answer.chunk({"role": "assistant", "content": ""}))
    splitter = ReasoningSplitter()
    try:
        async with contextlib.aclosing(_rest(first, events)) as all_events:
            async for event in all_events:
                if isinstance(event, Queued):
                    yield f": waiting, position {event.position}\n\n"
                elif isinstance(event, Chunk):
                    for delta in _deltas(splitter.take(event.text)):
                        yield _sse(answer.chunk(delta))
                else:
                    for delta in _deltas(splitter.take("", last=True)):
                        yield _sse(answer.chunk(delta))
                    yield _sse(answer.chunk({}, _finish_reason(event)))
                    if usage:
                        body = answer.body("chat.completion.chunk", [])
                        yield _sse(body | {"usage": _usage(event)})
    except VinoChatError as error:
        yield _sse({"error": error_detail(error)})
    yield "data: [DONE]\n\n"


def _deltas(thought: Thought) -> Iterator[dict[str, str]]:
    """Reasoning goes into a field of its own, as DeepSeek and vLLM have it, so that `content` is
    the answer alone; clients that do not know the field see nothing of it."""
    if thought.reasoning:
        yield {"reasoning_content": thought.reasoning}
    if thought.answer:
        yield {"content": thought.answer}


def _sse(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content)}\n\n"


async def _whole(
    answer: _Answer, first: StreamEvent, events: AsyncGenerator[StreamEvent], request: Request
) -> dict[str, Any]:
    """The stream, joined. A client that has gone away ends it."""
    text, checked_at = "", time.monotonic()
    async with contextlib.aclosing(_rest(first, events)) as all_events:
        async for event in all_events:
            if isinstance(event, Chunk):
                text += event.text
            if isinstance(event, Finished):
                thought = split(text)
                message = {"role": "assistant", "content": thought.answer}
                if thought.reasoning:
                    message["reasoning_content"] = thought.reasoning
                choice = {"index": 0, "message": message, "logprobs": None}
                choice["finish_reason"] = _finish_reason(event)
                return answer.body("chat.completion", [choice]) | {"usage": _usage(event)}
            if time.monotonic() - checked_at > DISCONNECT_CHECK_S:
                checked_at = time.monotonic()
                if await request.is_disconnected():
                    break
    raise EngineFailed("The client went away before the completion ended.")
