"""The traps of continuous batching that the contract's suite does not reach."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.errors import EngineFailed
from app.inference.engines.protocol import Engine
from tests.inference.driving import Log, ask, complete, make, run, spec, steps
from tests.tiny_models import TINY_CONTEXT

pytestmark = pytest.mark.engine


@pytest.fixture
def engine(tiny_model: Path) -> Iterator[Engine]:
    engine = make(tiny_model, "genai")
    yield engine
    engine.close()


def finish(engine: Engine, log: Log) -> Log:
    for event in run(engine):
        log.add(event)
    return log


def poison(engine: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """Submit a request that makes the real pipeline fail at every step: an id used twice."""
    poisoned = ask(engine, prompt=(9,) * 12)
    add = engine._add

    def add_twice(job: Any) -> Any:
        if job.request.request_id == poisoned:
            engine._next_id -= 1
        return add(job)

    monkeypatch.setattr(engine, "_add", add_twice)
    return poisoned


def test_a_step_that_fails_costs_only_the_request_that_broke_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = complete(engine)
    running = [ask(engine), ask(engine)]
    log = steps(engine, 5)
    assert 0 < len(log.tokens[running[0]]) < 20
    before = ask(engine)
    poisoned = poison(engine, monkeypatch)
    after = ask(engine)
    finish(engine, log)
    assert log.ends.pop(poisoned) == "error"
    assert log.ends == dict.fromkeys([*running, before, after], "length")
    assert [log.tokens[i] for i in log.ends] == [alone] * 4
    assert complete(engine) == alone


def test_several_poisoned_ones_are_found_one_by_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = [ask(engine), ask(engine)]
    poisoned = [poison(engine, monkeypatch) for _ in range(3)]
    log = finish(engine, steps(engine, 1))
    assert {i for i, end in log.ends.items() if end == "error"} == set(poisoned)
    assert all(log.ends[i] == "length" for i in healthy)


def test_parameters_that_the_pipeline_refuses_end_that_request_only(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy, refused = ask(engine), ask(engine)
    configure = engine._generation_config

    def configure_wrongly(job: Any) -> Any:
        config = configure(job)
        if job.request.request_id == refused:
            config.repetition_penalty = -1.0
            config.validate()
        return config

    monkeypatch.setattr(engine, "_generation_config", configure_wrongly)
    log = finish(engine, steps(engine, 1))
    assert log.ends == {healthy: "length", refused: "error"}


def test_a_pipeline_that_fails_at_every_step_ends_the_engine(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that its process ends and a fresh one takes over."""
    pipeline = engine.pipeline
    fails = iter([True, False] * 20)

    class Broken:
        def step(self) -> None:
            # The second step of each pair is the one that recovers.
            if next(fails):
                raise RuntimeError("device lost")
            pipeline.step()

        def __getattr__(self, name: str) -> Any:
            return getattr(pipeline, name)

    monkeypatch.setattr(engine, "pipeline", Broken())
    for _ in range(10):
        ask(engine)
    with pytest.raises(EngineFailed):
        steps(engine, 20)
    monkeypatch.undo()


def small_cache(tiny_model: Path, blocks: int) -> Engine:
    from app.inference.engines.genai import GenaiEngine

    whole = GenaiEngine(replace(spec(tiny_model, "genai"), kv_cache_bytes=2**30))
    per_token = 2 * 2 * 2 * 16 * 4  # keys and values, layers, heads, width, bytes
    whole.close()
    engine = GenaiEngine(replace(spec(tiny_model, "genai"), kv_cache_bytes=blocks * 32 * per_token))
    assert engine.info.cache_tokens == blocks * 32 < whole.info.cache_tokens
    return engine


def test_more_than_the_cache_holds_is_finished_all_the_same(tiny_model: Path) -> None:
    engine = small_cache(tiny_model, blocks=20)
    prompts = [tuple(range(5 + i, 105 + i)) for i in range(8)]
    alone = [complete(engine, prompt=prompt, max_new_tokens=200) for prompt in prompts]
    together = [ask(engine, prompt=prompt, max_new_tokens=200) for prompt in prompts]
    log = Log(run(engine))
    engine.close()
    assert [log.tokens[i] for i in together] == alone


def test_one_that_the_pipeline_drops_is_tried_again(tiny_model: Path) -> None:
    """Overbooked on purpose, the pipeline drops those that wait when nothing can move."""
    engine: Any = small_cache(tiny_model, blocks=20)
    engine._blocks_of = lambda _job: 0
    drops: list[int] = []
    retry = engine._retry_ignored
    engine._retry_ignored = lambda job: (drops.append(job.request.request_id), retry(job))
    holder = ask(engine, prompt=(6,) * 400, max_new_tokens=100)
    log = steps(engine, 5)
    other = ask(engine, prompt=(7,) * 450, max_new_tokens=20)
    for event in engine.step():
        log.add(event)
    engine.cancel(holder)
    engine._sweep = False
    finish(engine, log)
    engine.close()
    assert drops == [other]
    assert log.ends == {holder: "cancelled", other: "length"}


def test_cancelling_one_does_not_end_others_that_wait_for_its_blocks(tiny_model: Path) -> None:
    engine: Any = small_cache(tiny_model, blocks=16)
    drops: list[Any] = []
    engine._retry_ignored = drops.append
    holder = ask(engine, prompt=(6,) * 490, max_new_tokens=20)
    log = steps(engine, 5)
    others = [ask(engine, prompt=(7 + i,) * 450, max_new_tokens=20) for i in range(3)]
    for event in engine.step():
        log.add(event)
    engine.cancel(holder)
    finish(engine, log)
    engine.close()
    assert not drops
    assert log.ends == {holder: "cancelled", **dict.fromkeys(others, "length")}


def test_a_prompt_longer_than_the_cache_is_refused_with_the_numbers(tiny_model: Path) -> None:
    engine = small_cache(tiny_model, blocks=8)
    request_id = ask(engine, prompt=(7,) * 300, max_new_tokens=10)
    log = Log(run(engine))
    engine.close()
    assert "KV cache holds 256" in log.errors[request_id]
    assert TINY_CONTEXT > 310


def test_coming_and_going_at_random_loses_nobody(engine: Engine) -> None:
    """Hundreds of requests, half of them cancelled at some point, over a cache that is full."""
    random = Random(0)
    log, live = Log(()), set[int]()
    for _ in range(400):
        prompt = tuple(random.choices(range(5, 300), k=random.randint(1, 200)))
        live.add(ask(engine, prompt=prompt, max_new_tokens=random.randint(1, 100)))
        if random.random() < 0.5:
            engine.cancel(random.choice(sorted(live)))
        for _ in range(random.randint(0, 3)):
            for event in engine.step():
                log.add(event)
                live -= {event.request_id} if event.finish_reason else set()
    finish(engine, log)
    assert len(log.ends) == 400
    assert set(log.ends.values()) == {"length", "cancelled"}
    assert len(complete(engine)) == 20
