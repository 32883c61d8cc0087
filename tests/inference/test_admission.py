"""The waiting queue: bounded, fair between users, counted in requests and tokens."""

import asyncio

import pytest

from app.errors import EngineUnavailable, QueueFull
from app.inference.admission import Admission, Capacity, Ticket
from app.inference.types import EngineInfo

pytestmark = pytest.mark.anyio


def capacity(max_running: int = 1, cache_tokens: int = 1000) -> Capacity:
    return Capacity(EngineInfo("genai", "CPU", 2048, cache_tokens, max_running), max_running)


def admission(place: Capacity | None, max_waiting: int = 10, per_user: int = 10) -> Admission:
    queue = Admission(max_waiting, per_user)
    queue.serve_from(place)
    return queue


def admitted(*tickets: Ticket) -> list[bool]:
    return [ticket.capacity is not None for ticket in tickets]


async def test_a_free_engine_admits_at_once() -> None:
    place = capacity(2)
    queue = admission(place)
    first, second, third = (queue.enter("ada", 10) for _ in range(3))
    assert admitted(first, second, third) == [True, True, False]
    assert (place.running, queue.waiting, third.position) == (2, 1, 1)
    first.release()
    assert admitted(third) == [True]


async def test_users_take_turns() -> None:
    queue = admission(capacity(1))
    running = queue.enter("eve", 1)
    ada = [queue.enter("ada", 1) for _ in range(3)]
    bob = queue.enter("bob", 1)
    assert [t.position for t in (*ada, bob)] == [1, 3, 4, 2]
    order = []
    waiting = {f"ada{i}": t for i, t in enumerate(ada)} | {"bob": bob}
    while waiting:
        running.release()
        name = next(n for n, t in waiting.items() if t.capacity)
        order.append(name)
        running = waiting.pop(name)
    assert order == ["ada0", "bob", "ada1", "ada2"]


async def test_a_users_cap_lets_others_pass() -> None:
    queue = admission(capacity(3), per_user=1)
    first, second, other = queue.enter("ada", 1), queue.enter("ada", 1), queue.enter("bob", 1)
    assert admitted(first, second, other) == [True, False, True]


async def test_a_long_prompt_is_not_starved_by_short_ones() -> None:
    queue = admission(capacity(8, cache_tokens=100))
    running = queue.enter("ada", 60)
    long, short = queue.enter("bob", 80), queue.enter("eve", 10)
    assert admitted(long, short) == [False, False]
    running.release()
    assert admitted(long, short) == [True, True]


async def test_the_queue_is_bounded() -> None:
    queue = admission(capacity(1), max_waiting=1)
    queue.enter("ada", 1)
    waiting = queue.enter("bob", 1)
    with pytest.raises(QueueFull, match="1 requests are waiting"):
        queue.enter("eve", 1)
    assert queue.waiting == 1
    waiting.release()
    queue.enter("eve", 1)


async def test_nobody_fills_the_queue_for_the_others() -> None:
    queue = admission(capacity(1), max_waiting=2)
    queue.enter("ada", 1)
    greedy = [queue.enter("ada", 1) for _ in range(2)]
    with pytest.raises(QueueFull):
        queue.enter("ada", 1)
    queue.enter("bob", 1)
    with pytest.raises(QueueFull):
        await greedy[1].news(1)
    assert (greedy[0].refused, queue.waiting) == (None, 2)


async def test_a_request_made_for_a_larger_engine_does_not_block_the_others() -> None:
    queue = admission(None)
    large, small = queue.enter("ada", 5000), queue.enter("bob", 10)
    queue.serve_from(capacity(2, cache_tokens=100))
    assert admitted(large, small) == [True, False]
    large.release()
    assert admitted(small) == [True]


async def test_cancelling_who_waits_is_never_lost() -> None:
    queue = admission(None)
    ticket = queue.enter("ada", 1)
    await ticket.news(1)  # what it was told when it entered
    waiting = asyncio.create_task(ticket.news(30))
    await asyncio.sleep(0)
    ticket.tell()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_no_waiting_at_all_still_runs() -> None:
    queue = admission(capacity(1), max_waiting=0)
    assert admitted(queue.enter("ada", 1)) == [True]


async def test_a_new_engine_has_its_own_room() -> None:
    old, new = capacity(1), capacity(1)
    queue = admission(old)
    first, second = queue.enter("ada", 1), queue.enter("bob", 1)
    queue.serve_from(new)
    assert (first.capacity, second.capacity) == (old, new)
    third = queue.enter("eve", 1)
    first.release()
    assert admitted(third) == [False]
    assert old.idle.is_set()
    second.release()
    assert third.capacity is new


async def test_nobody_is_admitted_without_an_engine_and_everybody_with_the_next() -> None:
    queue = admission(None)
    ticket = queue.enter("ada", 1)
    assert admitted(ticket) == [False]
    queue.serve_from(capacity())
    assert admitted(ticket) == [True]


async def test_news_wakes_the_waiting() -> None:
    queue = admission(capacity(1))
    first, second, third = (queue.enter(user, 1) for user in ("ada", "bob", "eve"))
    await second.news(0.001)
    third_news = asyncio.create_task(third.news(30))
    await asyncio.sleep(0)
    first.release()
    await asyncio.wait_for(third_news, 1)
    assert third.position == 1


async def test_refusing_tells_everybody_who_waits() -> None:
    queue = admission(None)
    ticket = queue.enter("ada", 1)
    queue.refuse_waiting(EngineUnavailable("gone"))
    with pytest.raises(EngineUnavailable, match="gone"):
        await ticket.news(1)


async def test_releasing_twice_is_harmless() -> None:
    place = capacity(1)
    queue = admission(place)
    first = queue.enter("ada", 1)
    first.release()
    first.release()
    second = queue.enter("bob", 1)
    assert admitted(second) == [True]
    assert place.running == 1
