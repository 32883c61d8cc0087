"""The shared inference service: one per app, in front of every engine.

Pages, command line and API all come through `complete`. Knows users only as names to be fair
between, and nothing of HTTP, pages or the database.
"""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from app.config import Settings
from app.errors import EngineUnavailable
from app.inference.admission import Admission
from app.inference.asked import Asked, AskedMessages, AskedText
from app.inference.catalogue import RecommendedSampling
from app.inference.completion import Completion
from app.inference.devices import Device
from app.inference.engine_process import EngineHandle, EngineProcess
from app.inference.installed import InstalledModel, list_installed
from app.inference.metrics import Metrics, Snapshot
from app.inference.preparation import Prepared
from app.inference.supervisor import LoadedModel, Supervisor
from app.inference.types import (
    EngineInfo,
    EngineSpec,
    Message,
    ModelRef,
    SamplingParams,
    ServiceState,
)


class InferenceService:
    """Completions from the model that serves, and the switch to another model or device."""

    def __init__(
        self,
        settings: Settings,
        new_engine: Callable[[EngineSpec], EngineHandle] = EngineProcess,
    ) -> None:
        self.settings = settings
        self._admission = Admission(settings.max_waiting, settings.max_running_per_user)
        self.metrics = Metrics(self._look)
        self._supervisor = Supervisor(settings, self._admission, self.metrics, new_engine)
        self._open: set[Completion] = set()
        self._stopping = False

    def start(self) -> None:
        """Begin loading the configured model; `state` tells how it goes."""
        self._supervisor.start()

    async def stop(self, grace_s: float = 30.0) -> None:
        """Refuse new work, let streams finish for `grace_s` seconds, end the engine processes."""
        self._stopping = True
        endings = [asyncio.create_task(completion.ended.wait()) for completion in self._open]
        if endings:
            await asyncio.wait(endings, timeout=grace_s)
        for completion in list(self._open):
            completion.cancel()
        await self._supervisor.stop()

    @property
    def state(self) -> ServiceState:
        return self._supervisor.state

    async def devices(self) -> list[Device]:
        """The devices of this machine, with AUTO and without NPU."""
        return await self._supervisor.devices()

    async def models(self) -> list[InstalledModel]:
        return await asyncio.to_thread(list_installed, self.settings.models_dir)

    async def switch(self, model: ModelRef | None = None, device: str | None = None) -> None:
        """Load another model, or the same one on another device, beside what serves.

        Returns when the new one takes requests. Raises LoadFailed, UnknownModel or UnknownDevice
        with the reason, the old one still serving; RetryLater while another load is under way.
        """
        wanted = self._supervisor.wanted
        await self._supervisor.switch(model or wanted.model, device or wanted.device)

    def complete(
        self,
        user: str,
        messages: Sequence[Message],
        params: SamplingParams,
        *,
        instruct: bool = False,
    ) -> Completion:
        """A completion of these messages; it begins when its events are asked for.

        With `instruct` they are one instruction, put into the model's instruction format.
        """
        return self._complete(user, AskedMessages(messages, instruct), params)

    def go_on(
        self,
        user: str,
        prompt: str | tuple[int, ...],
        params: SamplingParams,
        *,
        to_the_limit: bool = False,
    ) -> Completion:
        """A completion of a text, or of token ids, as they stand: without any template.

        With `to_the_limit` no end token of the model ends it, so that it has the length asked for.
        """
        return self._complete(user, AskedText(prompt, to_the_limit), params)

    def _complete(self, user: str, asked: Asked, params: SamplingParams) -> Completion:
        return Completion(
            user,
            asked,
            params,
            self._loaded,
            self._admission,
            self._open,
            self.settings,
            self.metrics,
        )

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """Length of the prompt that these messages make for the model that serves."""
        return len(await asyncio.to_thread(self._loaded().prompts.encode, messages))

    async def decode(self, prompt: tuple[int, ...]) -> str:
        """The text of a prompt's token ids, for the model that serves."""
        return await asyncio.to_thread(self._loaded().prompts.decode, prompt)

    @property
    def info(self) -> EngineInfo:
        """What the engine that serves says of itself and its limits. Raises EngineUnavailable."""
        return self._loaded().serving.info

    @property
    def recommended_sampling(self) -> RecommendedSampling | None:
        """What the makers of the model that serves recommend; None if they do not, or none does."""
        current = self._supervisor.current
        return None if current is None else current.sampling

    @property
    def prepared(self) -> Prepared | None:
        """How the model that serves was prepared; None while none serves."""
        current = self._supervisor.current
        return None if current is None else current.prepared

    @property
    def idle_s(self) -> float:
        """Seconds since the last completion ended or a model was loaded; 0 while anybody waits or
        is being written for, and while no model serves or another one is being loaded."""
        busy = self.running or self.waiting or self.state.status != "ready"
        return 0.0 if busy else monotonic() - self._admission.last_active

    @property
    def running(self) -> int:
        """Requests on all engines, also on those that only finish what they have begun."""
        return self._supervisor.running

    @property
    def waiting(self) -> int:
        return self._admission.waiting

    @property
    def engine_pid(self) -> int | None:
        """The process of the engine that serves; None if none does."""
        current = self._supervisor.current
        return None if current is None else current.engine.pid

    def running_beside(self, user: str) -> int:
        """Requests of everybody else on the engine that serves."""
        current = self._supervisor.current
        return 0 if current is None else current.running - current.running_of(user)

    def _look(self) -> Snapshot:
        loaded = self._supervisor.current
        if loaded is None:
            return Snapshot(self.running, self.waiting)
        engine = loaded.engine
        return Snapshot(self.running, self.waiting, loaded.serving, engine.stats, engine.pid)

    def _loaded(self) -> LoadedModel:
        """The model that takes new requests. Raises EngineUnavailable with the reason."""
        if self._stopping:
            raise EngineUnavailable("The server is shutting down. Try again in a minute.", 30)
        if self._supervisor.current is None:
            raise EngineUnavailable(f"No model is ready yet. {self.state.detail}".strip())
        return self._supervisor.current
