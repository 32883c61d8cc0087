"""The life of engine processes: load, blue/green switch, drain, restart after death.

One supervisor owns every engine process of the app. It decides which loaded model takes new
requests; it knows nothing of prompts, text or users.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from time import monotonic
from typing import Any

from app.config import Settings
from app.errors import EngineUnavailable, LoadFailed, RetryLater, UnknownDevice, VinoChatError
from app.inference.admission import Admission, Capacity
from app.inference.devices import Device, list_devices
from app.inference.engine_process import EngineHandle, EngineProcess
from app.inference.measurements import MIN_TOKENS, Measurements, Sample
from app.inference.metrics import Metrics
from app.inference.preparation import Prepared, prepare
from app.inference.types import (
    EngineInfo,
    EngineSpec,
    ModelRef,
    Receipt,
    ServiceState,
    Serving,
    Status,
    Target,
)

log = logging.getLogger(__name__)

LOAD_TIMEOUT_S = 600.0
ONCE = (0.0,)
MAX_DRAINING = 2
RESTART_DELAYS_S = (0.0, 1.0, 5.0, 15.0, 30.0)


class LoadedModel(Capacity):
    """A model that can take requests: its engine process, its prompts, and the sampling that its
    makers recommend, if they do."""

    def __init__(
        self,
        serving: Serving,
        engine: EngineHandle,
        prepared: Prepared,
        max_running: int,
        measurements: Measurements,
    ) -> None:
        super().__init__(serving.info, max_running)
        self.serving, self.engine, self.prepared = serving, engine, prepared
        self.prompts, self.sampling = prepared.prompts, prepared.sampling
        self._measurements = measurements

    def fits(self, tokens: int) -> bool:
        """A dead engine has no room: its streams end a moment before its death is known."""
        return self.engine.alive and super().fits(tokens)

    def measure(self, receipt: Receipt, together: int) -> None:
        """Remember how fast a completion was, beside so many others; in the background."""
        if receipt.completion_tokens < MIN_TOKENS or receipt.tokens_per_second <= 0:
            return
        asyncio.get_running_loop().run_in_executor(
            None,
            self._measurements.record,
            receipt.model_id,
            receipt.weight_format,
            self.serving.info.execution_device,
            Sample(receipt.tokens_per_second, together),
        )


class Supervisor:
    """Owns the engine processes.

    `current` is the loaded model that takes new requests, `wanted` what ought to be loaded: the
    configured model, later the last one that was switched to.
    """

    def __init__(
        self,
        settings: Settings,
        admission: Admission,
        metrics: Metrics,
        new_engine: Callable[[EngineSpec], EngineHandle] = EngineProcess,
    ) -> None:
        self._settings, self._admission, self._metrics = settings, admission, metrics
        self._new_engine = new_engine
        self.wanted = Target(ModelRef(settings.model, settings.weight_format), settings.device)
        self._measurements = Measurements(settings.data_dir)
        self._engines: set[EngineHandle] = set()  # all that are not closed yet
        self._tasks: set[asyncio.Task[None]] = set()
        self._loading = False
        self._draining: set[LoadedModel] = set()
        self._devices: list[Device] = []
        self._incident = ""  # what ended the last engine, until another one serves
        self.current: LoadedModel | None = None
        self.state = ServiceState("loading", target=self.wanted, detail="Starting.")

    def start(self) -> None:
        """Begin loading the configured model in the background."""
        self._spawn(self._bring_up(ONCE))
        self._spawn(self._watch_for_hangs())

    async def stop(self) -> None:
        """End every engine process; streams that still run end as "cancelled"."""
        self.state = ServiceState("stopped", detail="The server is shutting down.")
        self._serve_from(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._close(engine) for engine in list(self._engines)))

    @property
    def running(self) -> int:
        current = {self.current} if self.current else set()
        return sum(loaded.running for loaded in current | self._draining)

    async def devices(self) -> list[Device]:
        """The devices of this machine; looked for once, since that takes a process and a second."""
        self._devices = self._devices or await asyncio.to_thread(list_devices)
        return self._devices

    async def switch(self, model: ModelRef, device: str) -> None:
        """Load beside what serves, then hand over. Returns when the new one takes requests.

        Raises LoadFailed, ConversionFailed (of the built-in model), UnknownModel or UnknownDevice
        with the reason, the old one still serving; RetryLater while another load is under way.
        """
        if self._loading:
            raise RetryLater("Another model or device is being loaded. Wait until it is ready.")
        if len(self._draining) >= MAX_DRAINING:
            raise RetryLater(
                "Completions still run on the engines before this one, and each holds a model in "
                "memory. Wait until they are done."
            )
        self._loading = True
        # A task of its own: whoever asked may go away, and stop() must find it.
        await asyncio.shield(self._spawn(self._switch(Target(model, device))))

    async def _switch(self, target: Target) -> None:
        try:
            await self._load(target)
            self._metrics.switched(succeeded=True)
        except VinoChatError:
            self._metrics.switched(succeeded=False)
            raise
        finally:
            if self.current is None and self.state.status != "stopped":  # it died meanwhile
                self._spawn(self._bring_up(RESTART_DELAYS_S))

    async def _bring_up(self, delays: Iterable[float]) -> None:
        """Load what is wanted, trying again after each delay (seconds)."""
        for delay in delays:
            await asyncio.sleep(delay)
            if self._loading or self.current:
                return
            with contextlib.suppress(VinoChatError):
                await self._load(self.wanted)
                return
        self._incident = ""
        self._admission.refuse_waiting(EngineUnavailable(self.state.detail))

    async def _load(self, target: Target) -> None:
        self._loading = True
        try:
            self._report(target, "starting")
            loaded = await self._prepare(target)
        except VinoChatError as error:
            self._failed(target, error)
            raise
        except Exception as error:
            log.exception("loading %s failed unexpectedly", target.model)
            unexpected = LoadFailed("An unexpected failure; the server's log has the details.")
            self._failed(target, unexpected)
            raise unexpected from error
        finally:
            self._loading = False
        self._hand_over(loaded, target)

    async def _prepare(self, target: Target) -> LoadedModel:
        """Everything up to a warmed-up engine."""
        known = [device.name for device in await self.devices()]
        if target.device not in known:
            raise UnknownDevice(
                f"There is no device {target.device} here. Choose one of: {', '.join(known)}.",
                "device",
            )
        prepared = await prepare(
            self._settings, target, known, lambda detail: self._report(target, detail)
        )
        self._report(target, f"compiling for {target.device}")
        started_at = monotonic()
        engine, info = await self._start_engine(prepared.spec)
        load_s = monotonic() - started_at
        tuning = str(prepared.tuning) if prepared.tuning else ""
        serving = Serving(target.model, target.device, info, load_s, tuning)
        return LoadedModel(
            serving, engine, prepared, self._settings.max_running, self._measurements
        )

    async def _start_engine(self, spec: EngineSpec) -> tuple[EngineHandle, EngineInfo]:
        engine, loop = self._new_engine(spec), asyncio.get_running_loop()

        def on_exit(why: str) -> None:
            loop.call_soon_threadsafe(self._died, engine, why)

        engine.on_exit = on_exit
        self._engines.add(engine)
        try:
            info = await engine.start(LOAD_TIMEOUT_S)
            if not engine.alive:
                raise LoadFailed("The engine process ended right after it was ready. Try again.")
        except BaseException:
            await self._close(engine)
            raise
        return engine, info

    def _hand_over(self, loaded: LoadedModel, target: Target) -> None:
        old, self.wanted, self._incident = self.current, target, ""
        self._serve_from(loaded)
        self.state = ServiceState("ready", loaded.serving)
        concrete, settings = loaded.serving.info.execution_device, loaded.prepared.tuning
        log.info("model ready: %s on %s with %s", target.model, concrete, settings)
        if old is not None:
            self._spawn(self._drain(old))

    def _serve_from(self, loaded: LoadedModel | None) -> None:
        self.current = loaded
        self._admission.serve_from(loaded)

    async def _drain(self, old: LoadedModel) -> None:
        """Let running streams finish on the old engine, then end it."""
        self._draining.add(old)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.stream_timeout_s):
                await old.idle.wait()
        await self._close(old.engine)
        self._draining.discard(old)

    async def _close(self, engine: EngineHandle) -> None:
        await engine.close()
        self._engines.discard(engine)

    def _died(self, engine: EngineHandle, why: str) -> None:
        """An engine process ended by itself; its streams have been told already."""
        if self.current is None or self.current.engine is not engine:
            return
        log.error("engine process died: %s", why)
        self._metrics.engine_died()
        self._serve_from(None)
        self._spawn(self._close(engine))
        self._incident = f"The engine process ended unexpectedly and is being restarted. {why} "
        self._report(self.state.target or self.wanted, "restarting")
        self._spawn(self._bring_up(RESTART_DELAYS_S))

    async def _watch_for_hangs(self) -> None:
        """End an engine that has requests but has said nothing for too long; `_died` restarts."""
        while True:
            await asyncio.sleep(1)
            if (loaded := self.current) is None or not loaded.running:
                continue
            since = max(loaded.engine.last_progress, min(t.admitted_at for t in loaded.tickets))
            if monotonic() - since > self._settings.hang_timeout_s:
                log.error("engine process hangs; killing it")
                loaded.engine.kill()

    def _report(self, target: Target, detail: str) -> None:
        serving = self.current.serving if self.current else None
        status: Status = "switching" if serving else "loading"
        self.state = ServiceState(
            status, serving, target, f"{self._incident}{target.model}: {detail}"
        )
        log.info("%s: %s", target.model, detail)

    def _failed(self, target: Target, error: VinoChatError) -> None:
        log.warning("could not load %s on %s: %s", target.model, target.device, error)
        serving = self.current.serving if self.current else None
        detail = f"Could not load {target.model} on {target.device}: {error}"
        self.state = ServiceState("ready" if serving else "failed", serving, detail=detail)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
