"""Hand-written stand-ins for what the pages call. No engine, no tokenizer, no process."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from time import monotonic

from app.config import Settings
from app.errors import LoadFailed, VinoChatError
from app.inference.catalogue import RecommendedSampling
from app.inference.devices import Device
from app.inference.installed import InstalledModel
from app.inference.types import (
    Chunk,
    EngineInfo,
    Finished,
    FinishReason,
    Message,
    ModelRef,
    Queued,
    Receipt,
    SamplingParams,
    ServiceState,
    Serving,
    StreamEvent,
    Target,
)

BUILT_IN = ModelRef("built-in", "int8")


class FakeCompletion:
    """Says the script of its FakeInference, a chunk each `chunk_s` seconds."""

    def __init__(self, inference: "FakeInference", params: SamplingParams) -> None:
        self._inference, self._params = inference, params
        self._cancelled = asyncio.Event()
        self.closed = False

    def cancel(self) -> None:
        asyncio.get_running_loop()  # raises on another thread, where nothing of asyncio is safe
        self._cancelled.set()

    async def events(self) -> AsyncGenerator[StreamEvent]:
        inference, text, said = self._inference, "", 0
        submitted_at = monotonic()
        try:
            if inference.error is not None:
                raise inference.error
            for position in inference.positions:
                yield Queued(position)
                await self._pause()
            for chunk in inference.script[: self._params.max_new_tokens]:
                await self._pause()
                if self._cancelled.is_set():
                    break
                text, said = text + chunk, said + 1
                yield Chunk(chunk)
            reason: FinishReason = "cancelled" if self._cancelled.is_set() else inference.ends_with
            elapsed = monotonic() - submitted_at
            receipt = Receipt(7, said, 0.0, min(0.12, elapsed), elapsed, "built-in", "int8", "CPU")
            yield Finished(reason, receipt, "It *broke*." if reason == "error" else None)
        finally:
            self.closed = True

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._cancelled.wait(), self._inference.chunk_s)
        except TimeoutError:
            return


class FakeInference:
    """Serves at once, or after `set_loading`; what it is asked is in `asked` and `switches`."""

    def __init__(self, settings: Settings, script: Sequence[str] = ("Hello", ", ", "Ada.")) -> None:
        self.settings = settings
        self.script = list(script)
        self.chunk_s = 0.0
        self.switch_s = 0.0
        self.positions: list[int] = []
        self.ends_with: FinishReason = "stop"
        self.error: VinoChatError | None = None
        self.asked: list[tuple[str, list[Message], SamplingParams]] = []
        self.instructed: list[bool] = []
        self.completions: list[FakeCompletion] = []
        self.switches: list[tuple[ModelRef | None, str | None]] = []
        self.recommended_sampling: RecommendedSampling | None = None
        self.state = ServiceState("ready", _serving(BUILT_IN, "CPU"))

    @property
    def running(self) -> int:
        return sum(not completion.closed for completion in self.completions)

    @property
    def info(self) -> EngineInfo:
        assert self.state.serving is not None
        return self.state.serving.info

    async def devices(self) -> list[Device]:
        return [
            Device("CPU", "Intel(R) Core(TM) Ultra 7 155H"),
            Device("GPU", "Intel(R) Arc(TM) Graphics (iGPU)"),
            Device("AUTO", "AUTO — chooses among the devices of this machine (CPU, GPU)"),
        ]

    async def models(self) -> list[InstalledModel]:
        return [
            InstalledModel(BUILT_IN, Path("built-in"), 9_400_000, "llama", 2048, "genai"),
            InstalledModel(ModelRef("built-in", "int4"), Path("b"), 0, "llama", 2048, "genai"),
            InstalledModel(
                ModelRef("qwen2.5-0.5b-instruct", "int4"),
                Path("q"),
                1_390_000_000,
                "qwen2",
                32768,
                "genai",
            ),
        ]

    async def switch(self, model: ModelRef | None = None, device: str | None = None) -> None:
        """GPU fails, as on a machine without a driver for it. Goes on when the caller goes away."""
        self.switches.append((model, device))
        self._switching = asyncio.create_task(self._switch(model, device))
        await asyncio.shield(self._switching)

    async def _switch(self, model: ModelRef | None, device: str | None) -> None:
        serving = self.state.serving
        assert serving is not None
        target = Target(model or serving.model, device or serving.device)
        detail = f"{target.model}: compiling for {target.device}"
        self.state = ServiceState("switching", serving, target, detail)
        await asyncio.sleep(self.switch_s)
        if target.device == "GPU":
            why = f"Could not load {target.model} on GPU: the device has no driver. Choose another."
            self.state = ServiceState("ready", serving, detail=why)
            raise LoadFailed(why)
        self.state = ServiceState("ready", _serving(target.model, target.device))

    def complete(
        self,
        user: str,
        messages: Sequence[Message],
        params: SamplingParams,
        *,
        instruct: bool = False,
    ) -> FakeCompletion:
        self.asked.append((user, list(messages), params))
        self.instructed.append(instruct)
        self.completions.append(FakeCompletion(self, params))
        return self.completions[-1]

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) + 4 for message in messages)


def _serving(model: ModelRef, device: str) -> Serving:
    concrete = "CPU" if device == "AUTO" else device
    return Serving(model, device, EngineInfo("genai", concrete, 2048, 65536, 16))
