"""The search on a scripted machine: what is kept, what is not, and what is measured when."""

from collections.abc import Callable, Sequence

import pytest

from app.errors import EngineFailed, LoadFailed
from app.inference.tuning.changes import Changes
from app.inference.tuning.search import TURNS, Goal, Search, Trial, gain
from app.inference.tuning.workload import Measurement

pytestmark = pytest.mark.anyio


def a(word: str) -> Changes:
    return Changes((word,), {word.upper(): "1"})


KNOBS = ((a("f32"),), (a("few"), a("many")), (a("batch"),))
DEFAULT = Measurement(first_token_s=1.0, per_token_s=0.1, tokens_per_second=100.0)


def faster(factor: float, also: float | None = None) -> Measurement:
    """So many times as fast as the default for one user, and for several as well unless told."""
    several = factor if also is None else also
    return Measurement(1.0 / factor, 0.1 / factor, 100.0 * several)


class Machine:
    """Measures by a script: for each set of words its measurements in turn, the last one again."""

    def __init__(self, **script: Sequence[Measurement | Exception]) -> None:
        self.script = {tuple(words.split("_")): list(values) for words, values in script.items()}
        self.measured: list[tuple[str, ...]] = []
        self.reported: list[Trial] = []

    async def measure(self, changes: Changes) -> Measurement:
        self.measured.append(changes.words)
        values = self.script.get(changes.words or ("default",), [DEFAULT])
        value = values.pop(0) if len(values) > 1 else values[0]
        if isinstance(value, Exception):
            raise value
        return value

    def search(
        self, goal: Goal = "latency", out_of_time: Callable[[], bool] = lambda: False
    ) -> Search:
        return Search(self.measure, goal, out_of_time, self.reported.append)


async def test_the_default_stays_where_nothing_is_better() -> None:
    machine = Machine(f32=[faster(1.02)], few=[faster(0.5)])
    found = await machine.search().run(KNOBS)
    assert not found.changes
    assert found.gain == 1.0
    assert "kept" in found.line()
    # Nothing is worth a confirmation, and every value was tried alone.
    assert machine.measured == [(), ("f32",), ("few",), ("many",), ("batch",)]
    assert list(found.trials) == machine.reported


async def test_what_helps_comes_together_and_each_knob_gives_one_value() -> None:
    machine = Machine(
        f32=[faster(1.5)],
        f32_few=[faster(1.6)],
        f32_many=[faster(2.0)],
        f32_many_batch=[faster(1.9)],
    )
    found = await machine.search().run(KNOBS)
    assert found.changes.words == ("f32", "many")
    assert found.changes.properties == {"F32": "1", "MANY": "1"}
    assert found.gain == pytest.approx(2.0)
    assert found.line() == "f32 and many: 2.00 times as fast an answer"


async def test_default_and_winner_are_confirmed_in_turns() -> None:
    machine = Machine(f32=[faster(1.5)])
    await machine.search().run(KNOBS)
    one, other = (), ("f32",)
    assert machine.measured[-2 * TURNS :] == [one, other, other, one, one, other]
    assert [trial.stage for trial in machine.reported[-2 * TURNS :]] == ["confirmation"] * 6


@pytest.mark.parametrize(
    "again",
    [
        pytest.param([faster(1.0)], id="no better the second time"),
        pytest.param([faster(1.02)], id="within what may be chance"),
        pytest.param([faster(1.5), faster(1.5), faster(0.9)], id="not every time"),
        pytest.param([EngineFailed("it broke")], id="does not run again"),
    ],
)
async def test_a_fluke_is_not_kept(again: list[Measurement | Exception]) -> None:
    machine = Machine(f32=[faster(3.0), *again])
    found = await machine.search().run(KNOBS)
    assert not found.changes
    assert found.kept == found.default
    assert found.gain == 1.0


async def test_the_middle_of_the_turns_decides_how_much_was_gained() -> None:
    machine = Machine(f32=[faster(9.0), faster(1.2), faster(8.0), faster(1.3)])
    found = await machine.search().run(KNOBS)
    assert found.gain == pytest.approx(1.3)


async def test_what_does_not_run_is_passed_over_and_told() -> None:
    machine = Machine(f32=[LoadFailed("no such property")], many=[faster(1.4)])
    found = await machine.search().run(KNOBS)
    assert found.changes.words == ("many",)
    failed = [trial for trial in found.trials if trial.error]
    assert [trial.changes.words for trial in failed] == [("f32",)]
    assert "no such property" in failed[0].line()


async def test_a_model_that_does_not_run_at_all_is_no_result() -> None:
    with pytest.raises(LoadFailed):
        await Machine(default=[LoadFailed("no memory")]).search().run(KNOBS)


async def test_the_goal_decides_and_the_other_one_is_not_given_up_for_it() -> None:
    script = {"f32": [faster(1.1, also=2.0)], "few": [faster(3.0, also=0.5)]}
    for goal, better in (("latency", 1.1), ("throughput", 2.0)):
        machine = Machine(**script)
        found = await machine.search(goal).run(KNOBS[:1])  # type: ignore[arg-type]
        assert found.gain == pytest.approx(better)
    assert gain(DEFAULT, faster(3.0, also=0.5), "latency") == 0
    assert not (await Machine(**script).search().run(((a("few"),),))).changes
    assert "times the throughput" in found.line()


async def test_out_of_time_the_best_so_far_is_confirmed() -> None:
    machine = Machine(f32=[faster(1.5)])
    found = await machine.search(out_of_time=lambda: len(machine.measured) >= 2).run(KNOBS)
    assert found.changes.words == ("f32",)
    assert len(machine.measured) == 2 + 2 * TURNS
