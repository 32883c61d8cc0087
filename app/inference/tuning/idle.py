"""Tuning while nobody asks for anything: once for what serves, and given up at the first request.

Also brings into force what was found elsewhere, such as by `launch.py tune`. Everything goes
through the service as a person's switch does, so no completion is lost.
"""

import asyncio
import logging
from pathlib import Path
from time import monotonic

from app.config import Settings
from app.errors import LoadFailed, RetryLater, VinoChatError
from app.inference import estimate, model_config
from app.inference.devices import Device
from app.inference.engine_process import EngineProcess
from app.inference.estimate import Machine
from app.inference.jobs import Jobs
from app.inference.memory import memory
from app.inference.preparation import Prepared
from app.inference.service import InferenceService
from app.inference.tuning import store
from app.inference.tuning.changes import Changes
from app.inference.tuning.run import NewEngine, tune
from app.inference.tuning.search import Found, Trial
from app.inference.tuning.store import Subject
from app.inference.types import EngineSpec

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
"""How often it is asked whether there is time."""
YIELD_WITHIN_S = 0.1
"""How soon somebody who comes in the middle is noticed."""


class IdleTuning:
    """The background task of one app. It runs one engine process at a time, beside what serves."""

    def __init__(
        self,
        settings: Settings,
        inference: InferenceService,
        jobs: Jobs,
        new_engine: NewEngine = EngineProcess,
    ) -> None:
        self._settings, self._inference, self._jobs = settings, inference, jobs
        self._new_engine = new_engine
        self._given_up: set[Subject] = set()
        """What did not work; not tried again before a restart."""
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait for an idle time, unless the settings say never."""
        if self._settings.tune_when_idle_minutes:
            self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Give up whatever is being measured; its engine process has ended when this returns."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        idle_s = self._settings.tune_when_idle_minutes * 60
        while True:
            await asyncio.sleep(min(LOOK_EVERY_S, idle_s / 4))
            prepared = self._inference.prepared
            if prepared is None or prepared.subject is None or not self._idle_for(idle_s):
                continue
            try:
                await self._attend(prepared, prepared.subject)
            except (VinoChatError, OSError) as error:
                logger.warning("tuning %s came to nothing: %s", prepared.subject.model, error)
                self._given_up.add(prepared.subject)
            except Exception:
                logger.exception("tuning %s failed unexpectedly", prepared.subject.model)
                self._given_up.add(prepared.subject)

    def _idle_for(self, seconds: float) -> bool:
        converting = any(job.active for job in self._jobs.jobs)
        return not converting and self._inference.idle_s >= seconds

    async def _attend(self, prepared: Prepared, subject: Subject) -> None:
        """See to it that what serves is tuned, and that what was found is in force."""
        if subject in self._given_up:
            return
        data_dir = self._settings.data_dir
        known = await asyncio.to_thread(store.find, data_dir, subject)
        if known is None:
            found = await self._tune(prepared, subject)
            if found is None:
                return
            known = found.changes
            await asyncio.to_thread(store.remember, data_dir, subject, known)
            logger.info("tuned %s on %s: %s", subject.model, subject.device, found.line())
        if known != prepared.tuning and self._idle_for(0.1):
            await self._bring_into_force(data_dir, subject)

    async def _bring_into_force(self, data_dir: Path, subject: Subject) -> None:
        try:
            await self._inference.switch()
        except RetryLater:
            return  # somebody else loads something; it is tried again
        except LoadFailed:
            # It must not keep the model from loading at the next start.
            await asyncio.to_thread(store.remember, data_dir, subject, Changes())
            raise

    async def _tune(self, prepared: Prepared, subject: Subject) -> Found | None:
        """What was found; None if somebody came, or there is no memory for it."""
        cache_tokens = self._inference.info.cache_tokens
        if not await asyncio.to_thread(has_room_for, prepared.untuned, cache_tokens):
            logger.info("no memory to tune %s beside what serves", subject.model)
            self._given_up.add(subject)
            return None
        device = await self._device(subject.device)
        logger.info("tuning %s on %s while idle", subject.model, subject.device)
        began = monotonic()
        work = asyncio.create_task(
            tune(prepared.untuned, device, self._settings.tune_goal, self._new_engine, _log)
        )
        try:
            while not work.done():
                if not self._idle_for(monotonic() - began):
                    logger.info("tuning %s is put off: there is work", subject.model)
                    return None
                await asyncio.wait({work}, timeout=YIELD_WITHIN_S)
            return work.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _device(self, name: str) -> Device:
        devices = {device.name: device for device in await self._inference.devices()}
        return devices.get(name, Device(name, name))


def has_room_for(spec: EngineSpec, cache_tokens: int) -> bool:
    """Whether the memory that is free now holds a second engine like this one, its KV cache full.

    Raises LoadFailed if the model's configuration cannot be read.
    """
    folder = Path(spec.model_dir)
    weights = sum(path.stat().st_size for path in folder.glob("*.bin"))
    per_token = model_config.kv_bytes_per_token(model_config.read(folder), "u8")
    here = memory()
    needed = estimate.estimate(
        weights, per_token * cache_tokens, Machine(here.total, here.available, 1.0)
    )
    return needed.verdict == "fits"


def _log(trial: Trial) -> None:
    logger.info("%s", trial.line())
