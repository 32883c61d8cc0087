"""What Prometheus reads: counts and times since the app began, and how things stand.

Taken once, when something has ended; nothing here runs for a token. No label may hold a user, a
prompt or anything else that a stranger can make up: docs/metrics.md lists every name and label.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.errors import EngineUnavailable, InvalidParameter, PromptTooLong, QueueFull, VinoChatError
from app.inference.types import EngineStats, Finished, FinishReason, Serving

_PREFIX = "vinochat_"
# From a short prompt that a fast processor reads to a long one that has waited in the queue.
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_SECONDS_A_TOKEN = (
    *(0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05),
    *(0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5),
)
_NOBODY = 0  # a process id that no process has
_COMMON_REFUSALS = (QueueFull, PromptTooLong, InvalidParameter, EngineUnavailable)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How things stand. `stats` and `pid` are those of the engine that serves, if one does."""

    running: int
    waiting: int
    serving: Serving | None = None
    stats: EngineStats = field(default_factory=EngineStats)
    pid: int | None = None


class Metrics:
    """The numbers of one app; two apps in one process share none.

    Used from the event loop alone. `look` is called at each scrape.
    """

    def __init__(self, look: Callable[[], Snapshot]) -> None:
        # Or each counter comes with a gauge of when it began.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        # Memory, processor time and open files, where there is a /proc to read them from.
        ProcessCollector(registry=self._registry)
        ProcessCollector(f"{_PREFIX}engine", lambda: look().pid or _NOBODY, registry=self._registry)
        self._registry.register(_Standing(look))
        self._first_token = self._histogram(
            "time_to_first_token_seconds",
            "Time from asking to the first token, waiting included.",
            _SECONDS,
        )
        self._output_token = self._histogram(
            "time_per_output_token_seconds",
            "Mean time between two tokens of a request.",
            _SECONDS_A_TOKEN,
        )
        self._latency = self._histogram(
            "e2e_request_latency_seconds",
            "Time from asking to the last token of a request that ran to its end.",
            _SECONDS,
        )
        self._queue_time = self._histogram(
            "request_queue_time_seconds", "Time that a request waited for a place.", _SECONDS
        )
        self._prompt_tokens = self._counter(
            "prompt_tokens", "Tokens of the prompts that were answered."
        )
        self._generation_tokens = self._counter("generation_tokens", "Tokens that were written.")
        self._finished = self._counter(
            "requests_finished", "Requests by how they ended.", "finished_reason"
        )
        self._refused = self._counter(
            "requests_refused", "Requests refused before any text, by the error's code.", "code"
        )
        self._restarts = self._counter(
            "engine_restarts", "Engine processes that died or hung while they served."
        )
        self._switches = self._counter(
            "switches", "Changes of the model or the device, by how they went.", "outcome"
        )
        self._begin_at_zero()

    def _counter(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(_PREFIX + name, help, labels, registry=self._registry)

    def _histogram(self, name: str, help: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(_PREFIX + name, help, buckets=buckets, registry=self._registry)

    def _begin_at_zero(self) -> None:
        """A rate sees the first event only of a series that was there before it."""
        for reason in get_args(FinishReason):
            self._finished.labels(reason)
        for error in _COMMON_REFUSALS:
            self._refused.labels(error.code)
        for outcome in ("succeeded", "failed"):
            self._switches.labels(outcome)

    def finished(self, finished: Finished) -> None:
        """A completion has ended."""
        receipt = finished.receipt
        self._finished.labels(finished.finish_reason).inc()
        self._queue_time.observe(receipt.queued_s)
        if receipt.completion_tokens:
            self._prompt_tokens.inc(receipt.prompt_tokens)
            self._generation_tokens.inc(receipt.completion_tokens)
            self._first_token.observe(receipt.ttft_s)
        if receipt.time_per_output_token_s is not None:
            self._output_token.observe(receipt.time_per_output_token_s)
        if finished.finish_reason in ("stop", "length"):
            self._latency.observe(receipt.total_s)

    def left_the_queue(self, queued_s: float) -> None:
        """Whoever asked went away before there was a place."""
        self._finished.labels("cancelled").inc()
        self._queue_time.observe(queued_s)

    def refused(self, error: VinoChatError) -> None:
        """A request came to nothing before any text."""
        self._refused.labels(error.code).inc()

    def engine_died(self) -> None:
        """An engine that served ended by itself, or had to be ended."""
        self._restarts.inc()

    def switched(self, *, succeeded: bool) -> None:
        """Another model or device was asked for, and serves now or does not."""
        self._switches.labels("succeeded" if succeeded else "failed").inc()

    def text(self) -> bytes:
        """Everything in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)


class _Standing(Collector):
    """What is looked up at each scrape instead of being kept."""

    def __init__(self, look: Callable[[], Snapshot]) -> None:
        self._look = look

    def collect(self) -> Iterator[Metric]:
        now = self._look()
        serving = now.serving
        yield _gauge("ready", "Whether completions are possible.", int(serving is not None))
        yield _gauge("num_requests_running", "Requests on the engines.", now.running)
        yield _gauge("num_requests_waiting", "Requests that wait for a place.", now.waiting)
        yield _gauge(
            "num_requests_scheduled",
            "Requests that had a part in the engine's last step.",
            now.stats.scheduled,
        )
        yield _gauge(
            "kv_cache_usage_perc",
            "Share of the KV cache that running requests hold (1 means all).",
            now.stats.cache_usage,
        )
        yield _gauge(
            "model_load_seconds",
            "Time that the model that serves took to compile and to warm up.",
            serving.load_s if serving else None,
        )
        names = ["model", "weight_format", "device", "engine"]
        info = GaugeMetricFamily(f"{_PREFIX}model_info", "The model that serves.", labels=names)
        if serving:
            model, engine = serving.model, serving.info
            values = [model.model_id, model.weight_format, engine.execution_device, engine.kind]
            info.add_metric(values, 1)
        yield info


def _gauge(name: str, help: str, value: float | None) -> Metric:
    """A family without a sample where there is nothing to say."""
    return GaugeMetricFamily(_PREFIX + name, help, value=value)
