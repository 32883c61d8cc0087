"""A client of /v1: asks for a streamed chat completion and parses every chunk, as clients do."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.harness import http
from benchmarks.harness.streams import Stream

Turn = dict[str, str]


@dataclass(frozen=True, slots=True)
class Ask:
    """What to complete, and how: the sampling is that of the Instruct page."""

    messages: tuple[Turn, ...]
    tokens: int
    seed: int
    temperature: float = 0.8
    top_p: float = 0.92

    @classmethod
    def of(cls, text: str, tokens: int, seed: int) -> "Ask":
        """A chat of one turn."""
        return cls(({"role": "user", "content": text},), tokens, seed)


def _nothing(text: str) -> None:
    """Nobody listens."""


async def complete(
    port: int, key: str, model: str, ask: Ask, listen: Callable[[str], None] = _nothing
) -> Stream:
    """One completion, read to its end; `listen` hears each piece of text as it arrives.

    Raises http.Refused if it is not begun. A stream that ends early is not `whole`.
    """
    asked_at = time.monotonic()
    content = {
        "model": model,
        "messages": list(ask.messages),
        "max_tokens": ask.tokens,
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "seed": ask.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    headers = {"Authorization": f"Bearer {key}"}
    response = await http.post_json(port, "/v1/chat/completions", content, headers)
    arrivals: list[float] = []
    pieces: list[str] = []
    usage = {"completion_tokens": 0, "prompt_tokens": 0}
    reason, done = None, False
    async for data in response.events():
        if data == b"[DONE]":
            done = True
            continue
        chunk = json.loads(data)
        for choice in chunk.get("choices", ()):
            if text := choice["delta"].get("content"):
                arrivals.append(time.monotonic())
                pieces.append(text)
                listen(text)
            reason = choice["finish_reason"] or reason
        usage = chunk.get("usage") or usage
    tokens = usage["completion_tokens"]
    whole = done and (reason == "stop" or (reason == "length" and tokens == ask.tokens))
    return Stream(
        asked_at,
        tuple(arrivals),
        time.monotonic(),
        tokens,
        whole,
        "".join(pieces),
        usage["prompt_tokens"],
    )


def chat(turns: Sequence[str]) -> tuple[Turn, ...]:
    """Texts in turns: the user's first, then the assistant's, and so on."""
    roles = ("user", "assistant")
    return tuple({"role": roles[i % 2], "content": text} for i, text in enumerate(turns))
