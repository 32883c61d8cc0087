"""The load: how many at once, how often, and prompts that are never the same."""

import asyncio
import time

import pytest

from app.errors import EngineFailed
from app.inference.bench.figures import Case, Timing
from app.inference.bench.load import Prompts, measure

pytestmark = pytest.mark.anyio


class Asked:
    """Answers like an engine; `fails_at` is the number of the request that does not work."""

    def __init__(self, fails_at: int = 0) -> None:
        self.prompts: list[tuple[int, ...]] = []
        self.lengths: list[int] = []
        self.running = self.most = self.cancelled = 0
        self._fails_at = fails_at

    async def __call__(self, prompt: tuple[int, ...], new_tokens: int) -> Timing:
        self.prompts.append(prompt)
        self.lengths.append(new_tokens)
        submitted_at, number = time.monotonic(), len(self.prompts)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0.01)
            if number == self._fails_at:
                raise EngineFailed("Too long.")
            await asyncio.sleep(0.01)
            return Timing(submitted_at, submitted_at + 0.01, submitted_at + 0.02, new_tokens)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1


async def test_every_round_has_all_users_at_once() -> None:
    asked = Asked()
    measured = await measure(asked, Case(7, 3, 5), 4, Prompts(100, seed=1))
    assert [len(each) for each in measured.rounds] == [3, 3, 3, 3]
    assert asked.most == 3
    assert asked.lengths == [1, *[5] * 12], "the first one is not measured"


async def test_no_two_prompts_are_the_same() -> None:
    asked = Asked()
    prompts = Prompts(1000, seed=1)
    for users in (1, 4):
        await measure(asked, Case(16, users, 5), 3, prompts)
    assert {len(prompt) for prompt in asked.prompts} == {16}
    starts = {prompt[:4] for prompt in asked.prompts}
    assert len(starts) == len(asked.prompts) == 2 + 3 + 12


def test_prompts_stay_in_the_vocabulary_and_a_seed_repeats_them() -> None:
    drawn = Prompts(50, seed=3).draw(5000)
    assert set(drawn) == set(range(50))
    assert drawn == Prompts(50, seed=3).draw(5000) != Prompts(50, seed=4).draw(5000)
    assert max(Prompts(0, seed=1).draw(5000)) < 256


async def test_what_fails_ends_the_round() -> None:
    asked = Asked(fails_at=3)
    with pytest.raises(EngineFailed, match="Too long"):
        await measure(asked, Case(7, 4, 5), 4, Prompts(100, seed=1))
    assert (asked.running, asked.cancelled) == (0, 3)
