"""Request bodies: read whole under a cap, and looked into where Gradio would believe them."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.types import Message, Receive

from app.errors import Forbidden, InvalidParameter, RequestTooLarge

READ_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 5.0
DRAIN_FACTOR = 10


class ClientGone(Exception):
    """The client hung up before its request was complete."""


@dataclass(frozen=True, slots=True)
class GradioCall:
    """What the gate needs to know of a JSON body that goes to Gradio."""

    session_hash: str | None
    event_id: str | None


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body; RequestTooLarge beyond `limit` bytes, however it is sent."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > limit:
                    break
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        raise InvalidParameter("The request took too long to arrive. Try again.") from None
    await drain(receive, limit)
    raise RequestTooLarge(too_large(limit))


async def drain(receive: Receive, limit: int) -> None:
    """Read on for a while: a client that is cut off while it sends never sees the answer."""
    size = 0
    try:
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            while size <= limit * DRAIN_FACTOR:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def too_large(limit: int) -> str:
    return f"The request is too large: send at most {limit:,} bytes."


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, and then what really comes."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def inspect_gradio_call(body: bytes) -> GradioCall:
    """Parse a body as Gradio will, and refuse what none of our pages sends."""
    try:
        call = json.loads(body, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise InvalidParameter("The body is not valid JSON.") from None
    if not isinstance(call, dict):
        raise InvalidParameter("The body is not a JSON object.")
    for value in _walk(call):
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, dict) and _is_file(value):
            # Gradio would read or fetch what it names.
            raise Forbidden("Files cannot be sent here.")
    return GradioCall(_optional_text(call, "session_hash"), _optional_text(call, "event_id"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers may disagree on which of two equal keys counts.
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice")
    return result


def _walk(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        yield current
        if isinstance(current, dict):
            waiting.extend(current.keys())
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _is_file(value: dict[str, Any]) -> bool:
    return value.get("path") is not None or value.get("url") is not None


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidParameter("The text holds half a character (a lone surrogate).") from None


def _optional_text(call: dict[str, Any], key: str) -> str | None:
    value = call.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidParameter(f"{key} is not text.", key)
    return value
