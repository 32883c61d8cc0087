"""What Prometheus reads agrees with what happened, on scripted engines."""

import asyncio
import contextlib
import os
import re
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from app.errors import EngineUnavailable, LoadFailed, PromptTooLong, QueueFull
from app.inference.metrics import Metrics, Snapshot
from app.inference.types import (
    EngineInfo,
    EngineRequest,
    EngineStats,
    Finished,
    FinishReason,
    Message,
    ModelRef,
    Receipt,
    SamplingParams,
    Serving,
)
from tests.fakes import FakeEngine
from tests.scripted import HELLO, Engines, MakeService, collect, end_of, until

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
LABELS = {"finished_reason", "code", "outcome", "model", "weight_format", "device", "engine", "le"}
HISTOGRAMS = (
    "time_to_first_token_seconds",
    "time_per_output_token_seconds",
    "e2e_request_latency_seconds",
    "request_queue_time_seconds",
)


class Scrape:
    """One scrape, read by Prometheus' own parser. Names are without `vinochat_`."""

    def __init__(self, metrics: Metrics) -> None:
        self.text = metrics.text().decode()
        self.families: list[Metric] = list(text_string_to_metric_families(self.text))

    def all(self, name: str) -> dict[tuple[str, ...], float]:
        """The samples of that name by the values of their labels, in the order of the labels."""
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for family in self.families
            for sample in family.samples
            if sample.name == f"vinochat_{name}"
        }

    def __getitem__(self, name: str) -> float:
        [value] = self.all(name).values()
        return value

    def ends(self) -> dict[str, float]:
        """How often requests ended in which way; those that none did are left out."""
        ends = self.all("requests_finished_total")
        return {reason: value for (reason,), value in ends.items() if value}

    def refusals(self) -> dict[str, float]:
        refusals = self.all("requests_refused_total")
        return {code: value for (code,), value in refusals.items() if value}


def receipt(tokens: int, queued_s: float = 0, ttft_s: float = 0, total_s: float = 0) -> Receipt:
    return Receipt(10, tokens, queued_s, ttft_s, total_s, "model", "int8", "CPU")


def alone() -> Metrics:
    return Metrics(lambda: Snapshot(0, 0))


def slow(engine: FakeEngine) -> None:
    engine.token_s = 0.003


@pytest.mark.anyio
async def test_counts_and_sums_are_those_of_the_receipts(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = slow
    async with make_service() as service:
        lengths = (1, 2, 7, 20)
        streams = [collect(service, user, new) for user, new in zip("abcd", lengths, strict=True)]
        receipts = [end_of(events).receipt for events in await asyncio.gather(*streams)]
        seen = Scrape(service.metrics)
        assert seen.ends() == {"length": 4}
        assert seen["generation_tokens_total"] == sum(lengths)
        assert seen["prompt_tokens_total"] == sum(r.prompt_tokens for r in receipts) > 0
        each = {
            "request_queue_time_seconds": [r.queued_s for r in receipts],
            "time_to_first_token_seconds": [r.ttft_s for r in receipts],
            "e2e_request_latency_seconds": [r.total_s for r in receipts],
            "time_per_output_token_seconds": [
                (r.total_s - r.ttft_s) / (r.completion_tokens - 1)
                for r in receipts
                if r.completion_tokens > 1
            ],
        }
        assert set(each) == set(HISTOGRAMS)
        for name, values in each.items():
            assert seen[f"{name}_count"] == len(values)
            assert seen[f"{name}_sum"] == pytest.approx(sum(values))
            for (bound,), count in seen.all(f"{name}_bucket").items():
                assert count == sum(value <= float(bound) for value in values)


@pytest.mark.anyio
async def test_every_end_is_counted_once(make_service: MakeService, engines: Engines) -> None:
    def script(request: EngineRequest) -> Iterator[int]:
        return repeat(request.stop_token_ids[0] if request.params.seed == 1 else 5)

    def prepare(engine: FakeEngine) -> None:
        slow(engine)
        engine.script = script
        engine.fails_on = lambda request: "No." if request.params.seed == 2 else None

    engines.prepare = prepare
    async with make_service() as service:
        assert end_of(await collect(service, seed=1)).finish_reason == "stop"
        assert end_of(await collect(service, seed=2)).finish_reason == "error"
        stopped = service.complete("ada", HELLO, SamplingParams(max_new_tokens=1000))
        async for _ in stopped.events():
            stopped.cancel()
        left = service.complete("ada", HELLO, SamplingParams(max_new_tokens=1000))
        async with contextlib.aclosing(left.events()) as events:
            await anext(events)
        seen = Scrape(service.metrics)
        assert seen.ends() == {"stop": 1, "error": 1, "cancelled": 2}
        assert seen["e2e_request_latency_seconds_count"] == 1
        assert seen["time_to_first_token_seconds_count"] == 2
        assert seen["generation_tokens_total"] >= 2
        assert not seen.refusals()


@pytest.mark.anyio
async def test_leaving_the_queue_is_a_cancelled_request(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(max_running=1) as service:
        first = asyncio.create_task(collect(service))
        await until(lambda: service.running == 1)
        waiting = [asyncio.create_task(collect(service)) for _ in range(2)]
        await until(lambda: service.waiting == 2)
        seen = Scrape(service.metrics)
        assert (seen["num_requests_running"], seen["num_requests_waiting"]) == (1, 2)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        engines.last.go_on()
        await first
        seen = Scrape(service.metrics)
        assert seen.ends() == {"cancelled": 2, "length": 1}
        assert seen["request_queue_time_seconds_count"] == 3
        assert (seen["num_requests_running"], seen["num_requests_waiting"]) == (0, 0)


@pytest.mark.anyio
async def test_refusals_are_counted_by_their_code(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(max_running=1, max_waiting=0) as service:
        with pytest.raises(PromptTooLong):
            async for _ in service.complete(
                "ada", [Message("user", "long " * 3000)], SamplingParams()
            ).events():
                pass
        first = asyncio.create_task(collect(service))
        await until(lambda: service.running == 1)
        with pytest.raises(QueueFull):
            await collect(service)
        engines.prepare = lambda engine: setattr(engine, "load_s", 0.3)
        engines.last.die()
        await first
        await until(lambda: service.state.serving is None)
        with pytest.raises(EngineUnavailable):
            await collect(service)
        seen = Scrape(service.metrics)
        one_each = ("context_length_exceeded", "queue_full", "engine_unavailable")
        assert seen.refusals() == dict.fromkeys(one_each, 1)
        assert seen.ends() == {"error": 1}


@pytest.mark.anyio
async def test_what_serves_is_told_through_death_and_switch(
    make_service: MakeService, engines: Engines
) -> None:
    async with make_service() as service:
        engines.last.stats = EngineStats(3, 0.25)
        seen = Scrape(service.metrics)
        assert (seen["ready"], seen["engine_restarts_total"]) == (1, 0)
        assert (seen["num_requests_scheduled"], seen["kv_cache_usage_perc"]) == (3, 0.25)
        assert seen.all("model_info") == {("CPU", "genai", "first", "int8"): 1}
        engines.prepare = lambda engine: setattr(engine, "load_s", 0.2)
        engines.last.die()
        await until(lambda: service.state.serving is None)
        seen = Scrape(service.metrics)
        assert (seen["ready"], seen["engine_restarts_total"]) == (0, 1)
        for name in ("model_info", "model_load_seconds", "kv_cache_usage_perc"):
            assert not seen.all(name), "nothing is said of an engine that is no more"
        await until(lambda: service.state.status == "ready")
        await service.switch(model=ModelRef("other", "int8"), device="AUTO")
        engines.prepare = lambda engine: setattr(engine, "load_error", LoadFailed("No memory."))
        with pytest.raises(LoadFailed):
            await service.switch(device="CPU")
        seen = Scrape(service.metrics)
        assert (seen["ready"], seen["engine_restarts_total"]) == (1, 1)
        assert seen.all("model_info") == {("CPU", "genai", "other", "int8"): 1}
        assert 0.2 <= seen["model_load_seconds"] < 5
        assert seen.all("switches_total") == {("succeeded",): 1, ("failed",): 1}


@pytest.mark.anyio
async def test_running_counts_those_on_the_old_engine_too(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service() as service:
        streams = [asyncio.create_task(collect(service))]
        await until(lambda: service.running == 1)
        await service.switch(device="AUTO")
        streams.append(asyncio.create_task(collect(service)))
        await until(lambda: len(engines.last.requests) == 1)
        assert Scrape(service.metrics)["num_requests_running"] == 2
        for engine in engines.made:
            engine.go_on()
        await asyncio.gather(*streams)


def test_two_apps_in_one_process_share_no_numbers() -> None:
    one, other = alone(), alone()
    one.finished(Finished("length", receipt(5)))
    one.engine_died()
    assert Scrape(one).ends() == {"length": 1}
    assert not Scrape(other).ends()
    assert Scrape(other)["engine_restarts_total"] == 0


@pytest.mark.parametrize("reason", ["stop", "length", "cancelled", "error"])
@pytest.mark.parametrize("tokens", [0, 1, 2])
def test_only_times_that_were_are_observed(reason: FinishReason, tokens: int) -> None:
    metrics = alone()
    metrics.finished(Finished(reason, receipt(tokens, 0.5, 1.5, 3.5)))
    seen = Scrape(metrics)
    ended_itself = reason in ("stop", "length")
    assert {name: seen[f"{name}_sum"] for name in HISTOGRAMS} == {
        "request_queue_time_seconds": 0.5,
        "time_to_first_token_seconds": 1.5 if tokens else 0,
        "time_per_output_token_seconds": 2.0 if tokens > 1 else 0,
        "e2e_request_latency_seconds": 3.5 if ended_itself else 0,
    }
    assert seen["prompt_tokens_total"] == (10 if tokens else 0)


def test_every_series_is_there_before_its_first_event() -> None:
    seen = Scrape(alone())
    reasons = {reason for (reason,) in seen.all("requests_finished_total")}
    assert reasons == {"stop", "length", "cancelled", "error"}
    assert {("queue_full",), ("context_length_exceeded",)} <= set(
        seen.all("requests_refused_total")
    )
    assert set(seen.all("switches_total").values()) == {0}


def busy() -> Scrape:
    """A scrape with every family and label filled."""
    info = EngineInfo("genai", "CPU", 2048, 65536, 16)
    serving = Serving(ModelRef("model", "int8"), "AUTO", info, 1.5)
    metrics = Metrics(lambda: Snapshot(1, 2, serving, EngineStats(1, 0.5), os.getpid()))
    metrics.finished(Finished("stop", receipt(5)))
    metrics.refused(QueueFull("Full."))
    metrics.switched(succeeded=True)
    return Scrape(metrics)


def test_no_label_can_hold_a_person_or_a_text() -> None:
    used = {
        label for family in busy().families for sample in family.samples for label in sample.labels
    }
    assert used == LABELS


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are told of on Linux alone")
def test_the_documentation_lists_what_is_exposed_and_nothing_else() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*)\|", DOCS.read_text("utf-8"), re.MULTILINE)
    documented = {name: (kind, set(re.findall(r"\w+", labels))) for name, kind, labels in rows}
    exposed = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            {label for sample in family.samples for label in sample.labels} - {"le"},
        )
        for family in busy().families
    }
    assert documented == exposed
    assert len(rows) == len(documented)
