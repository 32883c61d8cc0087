"""How much of a conversation the model still reads.

A rule on messages and token counts; knows nothing of databases, pages or engines.
"""

from collections.abc import Awaitable, Callable, Sequence

from app.inference.types import Message

CountTokens = Callable[[Sequence[Message]], Awaitable[int]]


def budget(history_tokens: int, context_length: int, max_new_tokens: int) -> int:
    """Tokens that a prompt may have: the setting, or what the context leaves for it.

    A completion is promised the room that it asks for, but no more than a quarter of the context:
    whoever sets a high limit should not lose the history for it.
    """
    return min(history_tokens, context_length - min(max_new_tokens, context_length // 4))


async def first_sent(
    system: Sequence[Message], turns: Sequence[Message], start: int, limit: int, count: CountTokens
) -> int:
    """Index of the first of `turns` that is still sent, at least `start`.

    Nothing is cut while the prompt fits `limit` tokens. Once it does not, the oldest turns go until
    half of it is free, so that the prompts after it grow by appending and share their prefix (and
    with it the KV cache) again. The last turn and the system messages always stay, and a
    conversation begins with a user's message.
    """
    if await count([*system, *turns[start:]]) <= limit:
        return start
    for index in range(start + 1, len(turns)):
        if turns[index].role == "user" and (
            index == len(turns) - 1 or await count([*system, *turns[index:]]) <= limit // 2
        ):
            return index
    return len(turns) - 1
