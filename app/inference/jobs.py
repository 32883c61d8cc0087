"""Conversions that people asked for: one runs, the others wait in order, everybody sees the same.

Jobs live in the web process's event loop and work in a child process (`conversion.process`), so
they go on when the page that asked is closed, and end with the app. Who may ask is the callers'
matter.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Literal, Protocol

from app.config import Settings
from app.errors import ConversionFailed, InvalidParameter, NotFound, RetryLater, VinoChatError
from app.inference import installed
from app.inference.conversion import process, workplace
from app.inference.conversion.process import OnLog, OnProgress
from app.inference.conversion.types import ConversionRequest, Outcome, Progress
from app.inference.types import ModelRef, ServiceState

logger = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]

MAX_WAITING = 10
MAX_EACH = 5  # so that one person cannot take all places
MAX_KEPT = 20
LOG_LINES = 40

_UNEXPECTED = "The conversion failed unexpectedly; the server's log has the details. Try again."


class Run(Protocol):
    """What does the work: `conversion.process.run`, or a test's stand-in for it."""

    async def __call__(
        self,
        request: ConversionRequest,
        data_dir: Path,
        on_progress: OnProgress,
        *,
        token: str = "",
        endpoint: str = "",
        on_log: OnLog | None = None,
    ) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Job:
    """One request and how far it is. `log` holds its last lines, `error` why it failed."""

    number: int
    request: ConversionRequest
    asked_by: str
    state: State
    progress: Progress
    outcome: Outcome | None = None
    error: str = ""
    log: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        return self.state in ("waiting", "running")

    @property
    def refs(self) -> tuple[ModelRef, ...]:
        """What it makes."""
        return tuple(
            ModelRef(self.request.model_id, one.weight_format) for one in self.request.formats
        )


class Jobs:
    """The queue of conversions of one app."""

    def __init__(self, settings: Settings, run: Run = process.run) -> None:
        self._settings, self._run = settings, run
        self._jobs: dict[int, Job] = {}  # by number, the oldest first
        self._tokens: dict[int, str] = {}  # of jobs that are not over, and nowhere else
        self._numbers = count(1)
        self._waiting: deque[int] = deque()
        self._running: asyncio.Task[Outcome] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Every job that is not forgotten, the newest first."""
        return tuple(reversed(self._jobs.values()))

    def job(self, number: int) -> Job:
        """The job of that number. Raises NotFound."""
        if number not in self._jobs:
            raise NotFound("There is no such job any more. Reload the page.")
        return self._jobs[number]

    def submit(self, request: ConversionRequest, asked_by: str, token: str = "") -> Job:
        """Begin a job, or have it wait. `token` opens gated models and is kept until it is over.

        Raises InvalidParameter for what is installed already, RetryLater for what is asked for
        already or when too many wait.
        """
        if self._stopped:
            raise RetryLater("The server is shutting down. Try again in a minute.", 30)
        job = Job(
            next(self._numbers),
            request,
            asked_by,
            "waiting",
            Progress("waiting", 0.0, "Waiting for the job before it"),
        )
        self._check_new(job)
        if len(self._waiting) >= MAX_WAITING:
            raise RetryLater(
                f"{MAX_WAITING} jobs wait already. Try again when some of them are done.", 60
            )
        own = sum(other.active and other.asked_by == asked_by for other in self._jobs.values())
        if own >= MAX_EACH:
            raise RetryLater(f"{own} jobs of yours wait already. Try again when one is done.", 60)
        self._jobs[job.number] = job
        self._tokens[job.number] = token
        self._waiting.append(job.number)
        self._forget_old()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return job

    def cancel(self, number: int) -> Job:
        """Have a job end with nothing half-made; formats that it has finished stay installed.

        One that is over, or being cancelled, stays as it is. Raises NotFound.
        """
        job = self.job(number)
        if job.state == "waiting":
            self._waiting.remove(number)
            self._end(number, "cancelled")
        elif job.state == "running":
            self._change(number, progress=replace(job.progress, message="Cancelling"))
            self._interrupt()
        return self.job(number)

    async def delete(self, ref: ModelRef, state: ServiceState) -> None:
        """Remove an installed model from the disk.

        Raises InvalidParameter, with the reason, while it serves, is being loaded or is being
        made; UnknownModel if it is not there.
        """
        if state.serving is not None and state.serving.model == ref:
            raise InvalidParameter(f"{ref} is loaded. Load another model first, then delete it.")
        if state.target is not None and state.target.model == ref:
            raise InvalidParameter(f"{ref} is being loaded. Wait until another model serves.")
        if any(job.active and ref in job.refs for job in self._jobs.values()):
            raise InvalidParameter(f"{ref} is being converted. Cancel that job instead.")
        await asyncio.to_thread(installed.delete, self._settings.models_dir, ref)

    async def stop(self) -> None:
        """End the job that runs and forget those that wait."""
        self._stopped = True
        for number in list(self._waiting):
            self.cancel(number)
        self._interrupt()
        if self._worker is not None:
            await asyncio.gather(self._worker, return_exceptions=True)

    def _interrupt(self) -> None:
        """Cancel what runs, once: the second time would meet it cleaning up."""
        if self._running is not None and not self._running.cancelling():
            self._running.cancel()

    def _check_new(self, job: Job) -> None:
        folder = self._settings.models_dir / job.request.model_id
        wanted = [ref.weight_format for ref in job.refs]
        if reason := workplace.installed_already(folder, wanted):
            raise InvalidParameter(reason)
        for ref in job.refs:
            if any(other.active and ref in other.refs for other in self._jobs.values()):
                raise RetryLater(f"{ref} is being prepared already: its job is in the list.", 60)

    async def _work(self) -> None:
        while self._waiting:
            await self._run_one(self._waiting.popleft())

    async def _run_one(self, number: int) -> None:
        log: deque[str] = deque(maxlen=LOG_LINES)
        request = self.job(number).request
        self._change(number, state="running", progress=Progress("check", 0.0, "Starting"))
        self._running = asyncio.create_task(self._convert(number, request, log))
        try:
            outcome = await self._running
        except asyncio.CancelledError:
            self._end(number, "cancelled")
        except VinoChatError as error:
            own = error.log if isinstance(error, ConversionFailed) else ()
            self._end(number, "failed", error=str(error), log=own or tuple(log))
        except Exception:
            logger.exception("the conversion of %s failed unexpectedly", request.model_id)
            self._end(number, "failed", error=_UNEXPECTED, log=tuple(log))
        else:
            self._end(number, "done", outcome=outcome)
        finally:
            self._running = None

    async def _convert(self, number: int, request: ConversionRequest, log: deque[str]) -> Outcome:
        return await self._run(
            request,
            self._settings.data_dir,
            lambda progress: self._change(number, progress=progress),
            token=self._tokens[number] or self._settings.hf_token,
            endpoint=self._settings.hf_endpoint,
            on_log=log.append,
        )

    def _end(self, number: int, state: State, **changes: object) -> None:
        self._tokens.pop(number, None)
        self._change(number, state=state, **changes)
        self._forget_old()

    def _change(self, number: int, **changes: object) -> None:
        self._jobs[number] = replace(self._jobs[number], **changes)  # type: ignore[arg-type]

    def _forget_old(self) -> None:
        over = [number for number, job in self._jobs.items() if not job.active]
        for number in over[: max(0, len(self._jobs) - MAX_KEPT)]:
            del self._jobs[number]
