"""The default engine: continuous batching of decoder-only models by openvino_genai.

Requests run together, the KV cache is paged and bounded, and prefixes are shared. The comments say
which traps of `ContinuousBatchingPipeline` each piece of code is there for. Only an engine process
may use this: `step()` never releases the GIL. Is given token ids only; the pipeline needs a
tokenizer in the model's folder for grammars, and is constructed from a folder without one as well.
"""

import logging
import math
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
import openvino
import openvino_genai

from app.errors import EngineFailed
from app.inference import devices, model_config
from app.inference.engines.protocol import why_refused
from app.inference.types import (
    EngineInfo,
    EngineRequest,
    EngineSpec,
    EngineStats,
    FinishReason,
    TokenEvent,
)

logger = logging.getLogger(__name__)

# An id that no vocabulary has: with no end id of its own a request would inherit the model's.
_NO_TOKEN = 2**40
_MAX_IGNORED = 2
_MAX_FAILED_STEPS = 5


@dataclass(slots=True, eq=False)
class _Job:
    """A request on its way: `produced` outlives retries, `handle` is that of the current try.

    A job is `proven` once a step went well with it on board; a `suspect` was on board unproven when
    a step failed, and gets one more try as the only unproven one.
    """

    request: EngineRequest
    produced: list[int] = field(default_factory=list)
    handle: Any = None
    ignored: int = 0
    proven: bool = False
    suspect: bool = False


class GenaiEngine:
    """See `protocol.Engine`. The benchmarks drive `pipeline` without the rest."""

    def __init__(self, spec: EngineSpec) -> None:
        config = model_config.read(Path(spec.model_dir))
        self._vocabulary_size = model_config.vocabulary_size(config)
        device = devices.resolve(spec.device)
        self._blocks, self._block_tokens = _kv_blocks(spec, config, device)
        self.info = EngineInfo(
            kind="genai",
            execution_device=device,
            context_length=model_config.context_length(config, spec.context),
            cache_tokens=self._blocks * self._block_tokens,
            max_running=spec.max_running,
            vocabulary_size=self._vocabulary_size,
            has_logprobs=True,
            has_grammars=(Path(spec.model_dir) / "openvino_tokenizer.xml").exists(),
        )
        self.pipeline = self._build(spec)
        self._next_id = 0
        self._waiting: deque[_Job] = deque()
        self._running: dict[int, _Job] = {}
        self._ended: list[TokenEvent] = []
        # Blocks of a request that is over are freed by the step after. A request that is admitted
        # to that very step may find no block, and is dropped.
        self._sweep = False
        self._failed_steps = 0

    def _build(self, spec: EngineSpec) -> Any:
        scheduler = openvino_genai.SchedulerConfig()
        # Not cache_size: its use is not reported (genai#4481) and it counts whole gigabytes.
        scheduler.num_kv_blocks = self._blocks
        scheduler.enable_prefix_caching = True
        # Without it a prompt longer than one batch makes step() raise. It disables max_num_seqs,
        # which is why _admit counts.
        scheduler.dynamic_split_fuse = True
        scheduler.max_num_batched_tokens = spec.max_batched_tokens
        return openvino_genai.ContinuousBatchingPipeline(
            spec.model_dir, scheduler, spec.device, dict(spec.properties)
        )

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._running or self._ended or self._sweep)

    @property
    def stats(self) -> EngineStats:
        if not self._running:  # the pipeline would still tell of its last step
            return EngineStats(0, 0.0)
        metrics = self.pipeline.get_metrics()
        return EngineStats(metrics.scheduled_requests, metrics.cache_usage / 100)

    def submit(self, request: EngineRequest) -> None:
        reason = why_refused(request, self.info, self._vocabulary_size)
        if reason is None:
            self._waiting.append(_Job(request))
        else:
            self._end(request.request_id, "error", reason)

    def cancel(self, request_id: int) -> None:
        for job in self._waiting:
            if job.request.request_id == request_id:
                self._waiting.remove(job)
                self._end(request_id, "cancelled")
                return
        if request_id in self._running:
            self._running.pop(request_id).handle.cancel()
            self._sweep = True
            self._end(request_id, "cancelled")

    def step(self) -> list[TokenEvent]:
        if not self._sweep:
            self._admit()
        if self._running or self._sweep:
            try:
                self.pipeline.step()
            except RuntimeError as error:
                self._recover(error)
            else:
                self._sweep = False
                self._failed_steps = 0
                for job in list(self._running.values()):
                    self._collect(job)
        events, self._ended = self._ended, []
        return events

    def close(self) -> list[TokenEvent]:
        for request_id in [*self._running, *(j.request.request_id for j in self._waiting)]:
            self.cancel(request_id)
        if self._sweep:
            # Or the pipeline complains of leaked blocks on its way out.
            self.pipeline.step()
        events, self._ended = self._ended, []
        self._sweep = False
        self.pipeline = None
        return events

    def _end(self, request_id: int, reason: FinishReason, error: str | None = None) -> None:
        self._ended.append(TokenEvent(request_id, (), reason, error))

    def _admit(self) -> None:
        """Start waiting requests, first come, first served, as far as they may run now."""
        while self._waiting and self._may_run(self._waiting[0]):
            job = self._waiting.popleft()
            request_id = job.request.request_id
            if job.produced and job.request.params.grammar:
                # The grammar would begin again, and knows nothing of what is written already.
                self._end(request_id, "error", "The engine lost its place. Ask again.")
                continue
            try:
                job.handle = self._add(job)
            except (RuntimeError, TypeError, ValueError):
                logger.exception("The pipeline refused request %d", request_id)
                self._end(request_id, "error", "The engine refused this request's parameters.")
            else:
                self._running[request_id] = job

    def _may_run(self, job: _Job) -> bool:
        """Within the cap and the cache; and a suspect only when no other one is unproven."""
        running = self._running.values()
        unproven = [other for other in running if not other.proven]
        if unproven and (job.suspect or any(other.suspect for other in unproven)):
            return False
        # A request gets room for all it may write: the pipeline overbooks, and where nothing can
        # move it drops all that wait.
        blocks = self._blocks_of(job) + sum(self._blocks_of(other) for other in running)
        return len(running) < self.info.max_running and blocks <= self._blocks

    def _blocks_of(self, job: _Job) -> int:
        tokens = len(job.request.prompt_ids) + job.request.params.max_new_tokens
        return math.ceil(tokens / self._block_tokens)

    def _add(self, job: _Job) -> Any:
        # Never an id twice, also not for a retry: a duplicate makes every later step() raise.
        self._next_id += 1
        ids = numpy.array([[*job.request.prompt_ids, *job.produced]], dtype=numpy.int64)
        return self.pipeline.add_request(
            self._next_id, openvino.Tensor(ids), self._generation_config(job)
        )

    def _generation_config(self, job: _Job) -> Any:
        params = job.request.params
        config = openvino_genai.GenerationConfig(
            max_new_tokens=params.max_new_tokens - len(job.produced)
        )
        config.eos_token_id = _NO_TOKEN
        config.stop_token_ids = {_NO_TOKEN, *job.request.stop_token_ids}
        if params.grammar:
            # After its last character a grammar lets pass these ids alone, so they must be real.
            config.eos_token_id = job.request.stop_token_ids[0]
            config.stop_token_ids = {*job.request.stop_token_ids}
            config.structured_output_config = openvino_genai.StructuredOutputConfig(
                grammar=params.grammar
            )
        config.logprobs = int(params.logprobs)
        config.repetition_penalty = params.repetition_penalty
        config.do_sample = not params.greedy
        if not params.greedy:
            config.temperature = params.temperature
            config.top_p = params.top_p
            config.top_k = params.top_k
            # The length, so that a retry does not draw the same numbers again.
            config.rng_seed = job.request.seed + len(job.produced)
        config.validate()
        return config

    def _collect(self, job: _Job) -> None:
        """Read what a step produced for one request, and notice its end."""
        job.proven, job.suspect = True, False
        # The status before the tokens: the other way round, tokens may arrive in between. And
        # never read() without can_read(): on an empty queue it blocks for ever.
        status = job.handle.get_status()
        new: list[int] = []
        logprobs: list[float] = []
        while job.handle.can_read():
            for output in job.handle.read().values():
                new.extend(output.generated_ids)
                if job.request.params.logprobs:
                    logprobs.extend(output.generated_log_probs)
        request = job.request
        reason: FinishReason | None = None
        if new and new[-1] in request.stop_token_ids:
            new.pop()
            reason = "stop"
        job.produced.extend(new)
        if reason is None and len(job.produced) >= request.params.max_new_tokens:
            reason = "length"
        if new or reason:
            told = tuple(logprobs[: len(new)])
            self._ended.append(TokenEvent(request.request_id, tuple(new), reason, None, told))
        if reason:
            del self._running[request.request_id]
        elif status != openvino_genai.GenerationStatus.RUNNING:
            self._retry_ignored(job)

    def _retry_ignored(self, job: _Job) -> None:
        """The pipeline drops a request that finds no free block without saying so in an exception.

        With room booked for each that should not happen; it did to innocent ones while blocks of
        a neighbour that was over were still held.
        """
        request_id = job.request.request_id
        del self._running[request_id]
        job.ignored += 1
        if job.ignored <= _MAX_IGNORED:
            job.proven = False
            self._sweep = True
            self._waiting.appendleft(job)
        else:
            self._end(
                request_id,
                "error",
                f"The KV cache of {self.info.cache_tokens} tokens had no room for this completion. "
                "Try again in a moment, or lower Max New Tokens.",
            )

    def _recover(self, error: RuntimeError) -> None:
        """After a failed step every later one fails too, until all requests are cancelled.

        So cancel all and start them again where they were, except the one that brought it about.
        """
        logger.error("A step failed with %d running: %s", len(self._running), error)
        self._failed_steps += 1
        if self._failed_steps > _MAX_FAILED_STEPS:
            raise EngineFailed("The engine fails at every step.") from error
        jobs = list(self._running.values())
        self._running.clear()
        for job in jobs:
            job.handle.cancel()
        self.pipeline.step()
        self._sweep = False
        suspects = [job for job in jobs if not job.proven] or jobs
        if len(suspects) == 1:
            self._end(
                suspects[0].request.request_id,
                "error",
                "The engine failed on this request. The others were not harmed; try again.",
            )
            jobs.remove(suspects[0])
        for job in jobs:
            job.suspect = len(suspects) > 1 and job in suspects
            job.proven = False
        # The innocent first, so that a step proves them before a suspect comes on board.
        again = sorted(jobs, key=lambda job: job.suspect)
        self._waiting.extendleft(again[::-1])


def _kv_blocks(spec: EngineSpec, config: model_config.Config, device: str) -> tuple[int, int]:
    """How many cache blocks fit the budget, and the tokens in a block.

    Never more than twice what the running requests can fill: the rest keeps prefixes.
    """
    on_cpu = device.startswith("CPU")
    block_tokens = 32 if on_cpu else 16
    precision = spec.properties.get("KV_CACHE_PRECISION", "u8" if on_cpu else "f16")
    block_bytes = block_tokens * model_config.kv_bytes_per_token(config, precision)
    useful = 2 * spec.max_running * model_config.context_length(config, spec.context)
    blocks = min(spec.kv_cache_bytes // block_bytes, math.ceil(useful / block_tokens))
    return max(blocks, 1), block_tokens
