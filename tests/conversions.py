"""A hand-written stand-in for `conversion.process.run`: scripted, without a process or a model."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.inference.conversion.types import ConversionRequest, Converted, Outcome, Progress

SIZES = {"fp16": 3_000_000_000, "int8": 1_500_000_000, "int4": 900_000_000}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a conversion was called with."""

    request: ConversionRequest
    data_dir: Path
    token: str
    endpoint: str


class FakeConversion:
    """Says half of its progress, waits while `hold`, then raises `error` or gives an outcome.

    `lines` is what it logs, `command` the way by hand that it finds out; `cleaned_up` names the
    models whose conversion was cancelled.
    """

    def __init__(self) -> None:
        self.hold = False
        self.error: Exception | None = None
        self.lines: list[str] = []
        self.command = ""
        self.asked: list[Asked] = []
        self.cleaned_up: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._wake = asyncio.Event()

    async def __call__(
        self,
        request: ConversionRequest,
        data_dir: Path,
        on_progress: Callable[[Progress], None],
        *,
        token: str = "",
        endpoint: str = "",
        on_log: Callable[[str], None] | None = None,
    ) -> Outcome:
        self.asked.append(Asked(request, data_dir, token, endpoint))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            on_progress(Progress("download", 0.5, "model.safetensors, 5 of 10 MB", self.command))
            for line in self.lines:
                (on_log or print)(line)
            await asyncio.sleep(0)
            if self.hold:
                await self._wake.wait()
            if self.error is not None:
                raise self.error
            return outcome_of(request)
        except asyncio.CancelledError:
            self.cleaned_up.append(request.model_id)
            raise
        finally:
            self._at_once -= 1

    def go_on(self) -> None:
        self.hold = False
        self._wake.set()


def outcome_of(request: ConversionRequest) -> Outcome:
    converted = tuple(
        Converted(
            one.weight_format,
            SIZES[one.weight_format],
            "export",
            f"optimum-cli export openvino --weight-format {one.weight_format}",
            "AWQ was skipped: no layer pattern matched." if one.awq else "",
        )
        for one in request.formats
    )
    return Outcome(request.model_id, converted, SIZES["fp16"])
