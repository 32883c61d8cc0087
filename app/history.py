"""How much of a conversation the model still reads.

A rule on messages and token counts; knows nothing of databases, pages or engines.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from app.inference.types import EngineInfo, Message

CountTokens = Callable[[Sequence[Message]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens of a prompt: up to `limit` nothing is cut; what exceeds it is cut to `kept`."""

    limit: int
    kept: int


def budget(history_tokens: int, info: EngineInfo, max_new_tokens: int) -> Budget:
    """The setting, or what the context leaves for a prompt.

    A completion is promised the room that it asks for, but no more than a quarter of the context:
    whoever sets a high limit should not lose the history for it. A cut frees half, so that the
    prompts after it grow by appending and share their prefix (and with it the KV cache) again. An
    encoder-decoder model has a window for the prompt alone and shares nothing: it keeps all it can.
    """
    if info.completion_length is not None:
        limit = min(history_tokens, info.longest_prompt)
        return Budget(limit, limit)
    context = info.context_length
    limit = min(history_tokens, context - min(max_new_tokens, context // 4))
    return Budget(limit, limit // 2)


async def first_sent(
    system: Sequence[Message],
    turns: Sequence[Message],
    start: int,
    room: Budget,
    count: CountTokens,
) -> int:
    """Index of the first of `turns` that is still sent; `start` is the one of the turn before.

    Nothing is cut while the prompt fits. Once it does not, the oldest turns go. What was cut comes
    back when all of it fits again, as it may for another model. The last turn and the system
    messages always stay, and a conversation begins with a user's message.
    """
    if start and await count([*system, *turns]) <= room.limit:
        return 0
    if await count([*system, *turns[start:]]) <= room.limit:
        return start
    for index in range(start + 1, len(turns)):
        if turns[index].role == "user" and (
            index == len(turns) - 1 or await count([*system, *turns[index:]]) <= room.kept
        ):
            return index
    return len(turns) - 1
