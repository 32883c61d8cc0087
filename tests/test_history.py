"""History is cut from the oldest turns, a good stretch at once, never the system prompt."""

from collections.abc import Sequence

import pytest

from app import history
from app.inference.types import EngineInfo, Message, Role

pytestmark = pytest.mark.anyio

ROOM = history.Budget(100, 50)
SYSTEM = [Message("system", "x" * 10)]


async def count(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)


def turns(*lengths: int) -> list[Message]:
    roles: tuple[Role, Role] = ("user", "assistant")
    return [Message(roles[i % 2], "x" * length) for i, length in enumerate(lengths)]


async def test_nothing_is_cut_while_it_fits() -> None:
    assert await history.first_sent(SYSTEM, turns(30, 30, 30), 0, ROOM, count) == 0


async def test_half_of_the_budget_is_free_after_a_cut() -> None:
    messages = turns(*[10] * 11)
    first = await history.first_sent(SYSTEM, messages, 0, ROOM, count)
    assert messages[first].role == "user"
    assert await count([*SYSTEM, *messages[first:]]) <= 50
    assert first == 8


async def test_the_next_turns_share_the_prefix_again() -> None:
    messages = turns(*[10] * 11)
    first = await history.first_sent(SYSTEM, messages, 0, ROOM, count)
    for _ in range(2):
        messages += turns(10, 10)[::-1]
        assert await history.first_sent(SYSTEM, messages, first, ROOM, count) == first


async def test_the_last_message_always_stays() -> None:
    messages = turns(10, 10, 500)
    assert await history.first_sent(SYSTEM, messages, 0, ROOM, count) == 2


async def test_what_was_cut_stays_cut_while_not_all_of_it_fits() -> None:
    assert await history.first_sent(SYSTEM, turns(60, 20, 20), 2, ROOM, count) == 2


async def test_what_was_cut_comes_back_when_all_of_it_fits_another_model() -> None:
    assert await history.first_sent(SYSTEM, turns(1, 1, 1), 2, ROOM, count) == 0


async def test_an_encoder_decoder_model_keeps_all_that_its_short_memory_takes() -> None:
    room = history.budget(2000, EngineInfo("optimum", "CPU", 128, 256, 1, 128), 256)
    messages = turns(*[10] * 15)
    first = await history.first_sent([], messages, 0, room, count)
    assert await count(messages[first:]) == 110
    assert messages[first].role == "user"


@pytest.mark.parametrize(
    ("setting", "context", "new", "expected"),
    [(2000, 8192, 256, 2000), (2000, 2048, 256, 1792), (2000, 2048, 2048, 1536), (64, 2048, 1, 64)],
)
def test_the_budget_leaves_room_for_the_completion(
    setting: int, context: int, new: int, expected: int
) -> None:
    room = history.budget(setting, EngineInfo("genai", "CPU", context, 65536, 16), new)
    assert room == history.Budget(expected, expected // 2)
