"""Every engine keeps the contract of `engines.protocol.Engine`, on tiny real models."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import LoadFailed
from app.inference.engine_worker import load
from app.inference.engines.protocol import Engine, why_refused
from app.inference.types import EngineInfo, EngineKind, EngineRequest, EngineStats, SamplingParams
from tests.inference.driving import PROMPT, Log, ask, complete, make, run, spec, steps
from tests.tiny_models import TINY_CONTEXT, TINY_VOCAB

pytestmark = pytest.mark.engine

# An engine, and the model that it is held to it with.
ONE_EACH: dict[str, tuple[EngineKind, str]] = {
    "genai": ("genai", "tiny_model"),
    "optimum": ("optimum", "tiny_model"),
    "seq2seq": ("optimum", "tiny_seq2seq_model"),
    "stateless": ("optimum-stateless", "tiny_model"),
    "torch": ("torch", "tiny_checkpoint"),
}


def make_one(name: str, request: pytest.FixtureRequest) -> Engine:
    kind, model = ONE_EACH[name]
    return make(request.getfixturevalue(model), kind)


@pytest.fixture(scope="module", params=ONE_EACH)
def loaded(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = make_one(request.param, request)
    yield engine
    engine.close()


@pytest.fixture
def engine(loaded: Engine) -> Iterator[Engine]:
    """A loaded engine, which must be idle after the test."""
    yield loaded
    assert not any(run(loaded))
    assert not loaded.busy


def test_says_what_it_is(engine: Engine) -> None:
    assert engine.info.execution_device == "CPU"
    assert engine.info.context_length == TINY_CONTEXT
    assert engine.info.cache_tokens >= TINY_CONTEXT


def test_says_how_full_it_is(engine: Engine) -> None:
    knows = engine.info.kind == "genai"
    assert engine.stats == EngineStats(0, 0.0 if knows else None)
    asked = [ask(engine, max_new_tokens=100) for _ in range(2)]
    steps(engine, 3)
    one_share = (len(PROMPT) + 3) / engine.info.cache_tokens
    assert engine.stats.scheduled == min(2, engine.info.max_running)
    if knows:
        assert engine.stats.cache_usage is not None
        # The two share the blocks of their prompt; a block that has begun counts whole.
        assert one_share <= engine.stats.cache_usage <= 4 * one_share
    for request_id in asked:
        engine.cancel(request_id)
    Log(run(engine))
    assert engine.stats == EngineStats(0, 0.0 if knows else None)


def test_completes_to_the_wanted_length(engine: Engine) -> None:
    request_id = ask(engine, max_new_tokens=20)
    log = Log(run(engine))
    assert len(log.tokens[request_id]) == 20
    assert log.ends == {request_id: "length"}


def test_one_token_is_a_completion(engine: Engine) -> None:
    assert len(complete(engine, max_new_tokens=1)) == 1


def test_streams(engine: Engine) -> None:
    ask(engine, max_new_tokens=300)
    events = list(run(engine))
    assert len(events) > 5
    assert sum(len(event.token_ids) for event in events[:2]) < 300


def test_stops_at_a_stop_id_without_emitting_it(engine: Engine) -> None:
    whole = complete(engine)
    stop = whole[7]
    request_id = ask(engine, stop=(stop, 2))
    log = Log(run(engine))
    assert log.tokens[request_id] == whole[: whole.index(stop)]
    assert log.ends[request_id] == "stop"


def test_a_stop_id_as_the_last_allowed_token_is_a_stop(engine: Engine) -> None:
    whole = complete(engine)
    stop = next(token for i, token in enumerate(whole) if i > 0 and token not in whole[:i])
    request_id = ask(engine, stop=(stop,), max_new_tokens=whole.index(stop) + 1)
    assert Log(run(engine)).ends[request_id] == "stop"


def test_ends_at_no_id_that_was_not_asked_for(engine: Engine) -> None:
    """The model's own end id, 2, is an id like any other unless it is among the stop ids."""
    for seed in range(40):
        how = {"temperature": 5.0, "top_p": 1.0, "seed": seed, "max_new_tokens": 40}
        request_id = ask(engine, **how)
        log = Log(run(engine))
        assert log.ends[request_id] == "length"
        if 2 in log.tokens[request_id]:
            return
    pytest.fail("the model never drew its end id, so nothing was tested")


def test_greedy_is_deterministic(engine: Engine) -> None:
    assert complete(engine, seed=1) == complete(engine, seed=2) == complete(engine, top_p=0)


def test_a_seed_repeats_and_another_differs(engine: Engine) -> None:
    how = {"temperature": 2.0, "top_p": 0.95}
    first = complete(engine, seed=5, **how)
    assert complete(engine, seed=5, **how) == first
    assert complete(engine, seed=6, **how) != first
    assert complete(engine, seed=2**63 - 1, **how) != first


def test_top_k_one_is_greedy_and_zero_is_no_limit(engine: Engine) -> None:
    greedy = complete(engine)
    assert complete(engine, temperature=2.0, top_k=1) == greedy
    assert complete(engine, temperature=2.0, top_k=0) != greedy


def test_repetition_penalty_repeats_less(engine: Engine) -> None:
    plain = complete(engine, max_new_tokens=100)
    penalised = complete(engine, max_new_tokens=100, repetition_penalty=2.0)
    assert len(set(penalised)) > len(set(plain))


def test_eight_at_once_all_finish_and_none_disturbs_another(engine: Engine) -> None:
    prompts = [tuple(range(10 + i, 60)) for i in range(8)]
    alone = [complete(engine, prompt=prompt) for prompt in prompts]
    together = [ask(engine, prompt=prompt) for prompt in prompts]
    log = Log(run(engine))
    assert [log.tokens[i] for i in together] == alone
    assert set(log.ends.values()) == {"length"}


def test_more_than_can_run_wait_their_turn(engine: Engine) -> None:
    asked = [ask(engine, max_new_tokens=5) for _ in range(2 * engine.info.max_running + 1)]
    assert sorted(Log(run(engine)).ends) == asked


def test_cancel_ends_it_and_frees_the_slot(engine: Engine) -> None:
    long = [ask(engine, max_new_tokens=400) for _ in range(engine.info.max_running)]
    waiting = ask(engine, max_new_tokens=5)
    log = steps(engine, 5)
    assert waiting not in log.tokens
    engine.cancel(long[0])
    while waiting not in log.tokens:
        for event in engine.step():
            log.add(event)
    assert log.ends[long[0]] == "cancelled"
    assert not any(i in log.ends for i in long[1:]), "it got the slot of another that had ended"
    for request_id in long[1:]:
        engine.cancel(request_id)
    for event in run(engine):
        log.add(event)
    assert log.ends == {**dict.fromkeys(long, "cancelled"), waiting: "length"}


def test_cancel_of_a_waiting_one_ends_it(engine: Engine) -> None:
    running = [ask(engine, max_new_tokens=50) for _ in range(engine.info.max_running)]
    waiting = ask(engine)
    log = steps(engine, 1)
    engine.cancel(waiting)
    for event in run(engine):
        log.add(event)
    assert log.ends[waiting] == "cancelled"
    assert all(log.ends[i] == "length" for i in running)


def test_cancel_of_an_unknown_or_ended_one_is_ignored(engine: Engine) -> None:
    request_id = ask(engine)
    Log(run(engine))
    engine.cancel(request_id)
    engine.cancel(10**9)
    assert not any(run(engine))


@pytest.mark.parametrize(
    ("prompt", "new", "numbers"),
    [
        (TINY_CONTEXT + 1, 5, (str(TINY_CONTEXT + 1), str(TINY_CONTEXT))),
        (5000, 5, ("5000", str(TINY_CONTEXT))),
        (10, TINY_CONTEXT + 1, ("10", str(TINY_CONTEXT + 1), str(TINY_CONTEXT))),
    ],
)
def test_what_cannot_fit_is_an_error_with_the_numbers(
    engine: Engine, prompt: int, new: int, numbers: tuple[str, ...]
) -> None:
    request_id = ask(engine, prompt=(7,) * prompt, max_new_tokens=new)
    log = Log(run(engine))
    assert log.ends == {request_id: "error"}
    assert all(number in log.errors[request_id] for number in numbers)


def test_prompt_and_completion_have_one_window_or_each_its_own(engine: Engine) -> None:
    for prompt in (TINY_CONTEXT - 10, engine.info.longest_prompt):
        room = engine.info.room_after(prompt)
        shared = engine.info.completion_length is None
        assert room == (TINY_CONTEXT - prompt if shared else TINY_CONTEXT)
        assert len(complete(engine, prompt=(7,) * prompt, max_new_tokens=room)) == room
        request_id = ask(engine, prompt=(7,) * prompt, max_new_tokens=room + 1)
        assert Log(run(engine)).ends == {request_id: "error"}


@pytest.mark.parametrize("bad", [(), (TINY_VOCAB,), (5, -1)])
def test_a_failing_request_leaves_healthy_ones_alone(engine: Engine, bad: tuple[int, ...]) -> None:
    alone = complete(engine)
    healthy = [ask(engine), ask(engine)]
    failing = ask(engine, prompt=bad)
    healthy.append(ask(engine))
    log = Log(run(engine))
    assert log.ends[failing] == "error"
    assert [log.tokens[i] for i in healthy] == [alone] * 3


@pytest.mark.parametrize("name", ONE_EACH)
def test_close_ends_everything(name: str, request: pytest.FixtureRequest) -> None:
    engine = make_one(name, request)
    asked = [ask(engine, max_new_tokens=400) for _ in range(10)]
    log = steps(engine, 2)
    for event in engine.close():
        log.add(event)
    assert log.ends == dict.fromkeys(asked, "cancelled")
    assert not engine.busy


KINDS: tuple[EngineKind, ...] = ("genai", "optimum", "optimum-stateless")


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_all_engines_write_the_same(tiny_model: Path, penalty: float) -> None:
    """Token for token under exact arithmetic, on the same weights: all against the reference."""
    prompts = [PROMPT, tuple(range(300, 30, -1)), (5,), tuple(range(20, 90, 3)) * 5]
    how = {"max_new_tokens": 48, "repetition_penalty": penalty}
    written = []
    for kind in KINDS:
        engine = make(tiny_model, kind)
        written.append([complete(engine, prompt=p, **how) for p in prompts])
        engine.close()
    assert written[0] == written[1] == written[2]
    assert len({tuple(tokens) for tokens in written[0]}) == len(prompts)


def test_what_is_only_compared_with_says_what_it_cannot(
    tiny_seq2seq_model: Path, tiny_checkpoint: Path
) -> None:
    with pytest.raises(LoadFailed, match="decoder-only"):
        make(tiny_seq2seq_model, "optimum-stateless")
    with pytest.raises(LoadFailed, match="CPU only"):
        load(replace(spec(tiny_checkpoint, "torch"), device="GPU"))


def test_refusal_names_both_windows_of_an_encoder_decoder_model() -> None:
    info = EngineInfo("optimum", "CPU", 128, 256, 1, completion_length=64)
    request = EngineRequest(1, (5,) * 128, SamplingParams(max_new_tokens=65), 0, ())
    assert "reads at most 128 and writes at most 64" in str(why_refused(request, info, 320))
    assert (
        why_refused(replace(request, params=SamplingParams(max_new_tokens=64)), info, 320) is None
    )


def test_refusal_names_the_cache_when_that_is_smaller() -> None:
    info = EngineInfo("genai", "CPU", context_length=4096, cache_tokens=1024, max_running=8)
    params = SamplingParams(max_new_tokens=100)
    request = EngineRequest(1, (5,) * 1000, params, 0, ())
    assert "KV cache holds 1024" in str(why_refused(request, info, 320))
    assert why_refused(replace(request, prompt_ids=(5,) * 924), info, 320) is None
