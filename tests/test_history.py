"""History is cut from the oldest turns, a good stretch at once, never the system prompt."""

from collections.abc import Sequence

import pytest

from app import history
from app.inference.types import Message, Role

pytestmark = pytest.mark.anyio

SYSTEM = [Message("system", "x" * 10)]


async def count(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)


def turns(*lengths: int) -> list[Message]:
    roles: tuple[Role, Role] = ("user", "assistant")
    return [Message(roles[i % 2], "x" * length) for i, length in enumerate(lengths)]


async def test_nothing_is_cut_while_it_fits() -> None:
    assert await history.first_sent(SYSTEM, turns(30, 30, 30), 0, 100, count) == 0


async def test_half_of_the_budget_is_free_after_a_cut() -> None:
    messages = turns(*[10] * 11)
    first = await history.first_sent(SYSTEM, messages, 0, 100, count)
    assert messages[first].role == "user"
    assert await count([*SYSTEM, *messages[first:]]) <= 50
    assert first == 8


async def test_the_next_turns_share_the_prefix_again() -> None:
    messages = turns(*[10] * 11)
    first = await history.first_sent(SYSTEM, messages, 0, 100, count)
    for _ in range(2):
        messages += turns(10, 10)[::-1]
        assert await history.first_sent(SYSTEM, messages, first, 100, count) == first


async def test_the_last_message_always_stays() -> None:
    messages = turns(10, 10, 500)
    assert await history.first_sent(SYSTEM, messages, 0, 100, count) == 2


async def test_what_was_cut_stays_cut() -> None:
    assert await history.first_sent(SYSTEM, turns(1, 1, 1), 2, 100, count) == 2


@pytest.mark.parametrize(
    ("setting", "context", "new", "expected"),
    [(2000, 8192, 256, 2000), (2000, 2048, 256, 1792), (2000, 2048, 2048, 1536), (64, 2048, 1, 64)],
)
def test_the_budget_leaves_room_for_the_completion(
    setting: int, context: int, new: int, expected: int
) -> None:
    assert history.budget(setting, context, new) == expected
