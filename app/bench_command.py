"""`bench`: how fast models are on this machine, in the terminal."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from app.config import Settings
from app.errors import InvalidParameter, LoadFailed, VinoChatError
from app.inference import model_config
from app.inference.bench import machine, plot
from app.inference.bench.alone import Plan, checkpoint_of, run
from app.inference.bench.figures import Case, Measured, Row, Setup
from app.inference.bench.machine import Machine
from app.inference.devices import list_devices
from app.inference.installed import BUILT_IN, list_installed
from app.inference.quantities import size
from app.models_command import print_columns

HEADS = (
    *("Model", "Format", "Device", "Engine", "Prompt", "Users"),
    *("Load", "Memory", "First token", "p95", "Per token", "A user", "All users", ""),
)
EXPLANATION = (
    "Prompts are random token ids, other ones in each request, so that no cache of prefixes helps; "
    "each completion\nhas exactly {new_tokens} tokens. Load: from the start of a process to a warm "
    "model. Memory: the most that this\nprocess had resident, weights included. First token and "
    "p95: of all requests, waiting for a place included.\nA user: tokens per second after the "
    "first one. All users: from the first request to the last token."
)
_TORCH_FORMATS = {"float16": "fp16", "bfloat16": "bf16", "float32": "fp32"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; None means what the settings say."""

    models: tuple[str, ...] | None
    weight_formats: tuple[str, ...] | None
    devices: tuple[str, ...] | None
    engines: tuple[str, ...] | None
    prompt_tokens: tuple[int, ...]
    users: tuple[int, ...]
    new_tokens: int
    rounds: int
    checkpoint: Path | None
    plot: Path | None


async def bench(settings: Settings, wanted: Wanted, as_json: bool) -> None:
    """Measure, with progress on standard error, then print a table or JSON and draw the plot.

    Raises InvalidParameter for what cannot be meant, and VinoChatError, after the table with the
    reasons, if nothing at all could be measured.
    """
    setups = tuple(dict.fromkeys(_setups(settings, wanted)))
    _check(wanted, setups)
    found = await asyncio.to_thread(list_devices)
    plan = Plan(
        setups,
        tuple(
            Case(length, users, wanted.new_tokens)
            for length, users in product(wanted.prompt_tokens, wanted.users)
        ),
        wanted.rounds,
        tuple(device.name for device in found),
        wanted.checkpoint,
    )
    async with contextlib.aclosing(run(settings, plan, _say)) as measuring:
        rows = [row async for row in measuring]
    here = machine.describe(found)
    if as_json:
        print(json.dumps(_fields(here, wanted, rows), ensure_ascii=False))
    else:
        print_columns([HEADS, *map(_cells, rows)])
        print(f"\n{EXPLANATION.format(new_tokens=wanted.new_tokens)}\n\n{here}")
    if not any(row.measured for row in rows):
        raise VinoChatError("Nothing could be measured; each row says why.")
    if wanted.plot is not None:
        await asyncio.to_thread(_draw, rows, wanted.plot)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _setups(settings: Settings, wanted: Wanted) -> Iterator[Setup]:
    kinds = {model.ref.model_id: model.engine_kind for model in list_installed(settings.models_dir)}
    for model, device, engine in product(
        wanted.models or (settings.model,),
        wanted.devices or (settings.device,),
        wanted.engines or (settings.engine,),
    ):
        device = device.upper()
        if engine.startswith("torch"):
            yield Setup(model, _torch_format(model, engine, wanted.checkpoint), device, engine)
            continue
        chosen = kinds.get(model, "genai") if engine == "auto" else engine
        for weight_format in wanted.weight_formats or (settings.weight_format,):
            yield Setup(model, weight_format, device, chosen)


def _torch_format(model: str, engine: str, checkpoint: Path | None) -> str:
    """How PyTorch computes; a checkpoint that cannot be read is told when it is to be loaded."""
    folder = checkpoint_of(model, checkpoint)
    if engine == "torch-float32":
        return "fp32"
    try:
        config = model_config.read(folder) if folder else {}
    except LoadFailed:
        config = {}
    stored = config.get("dtype") or config.get("torch_dtype")
    return _TORCH_FORMATS.get(str(stored), "stored")


def _check(wanted: Wanted, setups: Sequence[Setup]) -> None:
    """Refuse now what would be found out after minutes."""
    if wanted.checkpoint is not None:
        others = {one.model_id for one in setups if one.engine.startswith("torch")} - {BUILT_IN}
        if len(others) != 1:
            raise InvalidParameter(
                "--checkpoint is what PyTorch reads for one model other than the built-in: choose "
                "it with --model, and --engine torch."
            )
    if wanted.plot is None:
        return
    folder = wanted.plot.absolute().parent
    if wanted.plot.suffix not in (".svg", ".png"):
        raise InvalidParameter(f"--plot draws .svg and .png, not {wanted.plot.name}.")
    if wanted.plot.is_dir() or not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InvalidParameter(f"--plot cannot write {wanted.plot}. Choose another place.")


def _draw(rows: Sequence[Row], path: Path) -> None:
    picture = plot.render(plot.chart(rows), "svg" if path.suffix == ".svg" else "png")
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise VinoChatError(f"The plot {path} cannot be written: {error.strerror}.") from None
    _say(f"Drawn: {path}")


def _cells(row: Row) -> tuple[str, ...]:
    setup, case = row.setup, row.case
    return (
        *(setup.model_id, setup.weight_format, setup.device, setup.engine),
        *((f"{case.prompt_tokens:,}", str(case.users)) if case else ("", "")),
        "" if row.load_s is None else f"{row.load_s:.1f} s",
        "" if row.peak_bytes is None else size(row.peak_bytes),
        *(_figures(row.measured) if row.measured else ("",) * 5),
        row.reason,
    )


def _figures(measured: Measured) -> tuple[str, ...]:
    tpot, user = measured.tpot_s, measured.user_rate
    return (
        f"{measured.ttft_s:.3f} s",
        f"{measured.ttft_p95_s:.3f} s",
        "" if tpot is None else f"{tpot * 1000:.1f} ms",
        "" if user is None else f"{user:.1f}/s",
        f"{measured.total_rate:.1f}/s",
    )


def _fields(here: Machine, wanted: Wanted, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "machine": asdict(here),
        "new_tokens": wanted.new_tokens,
        "rounds": wanted.rounds,
        "rows": [_row_fields(row) for row in rows],
    }


def _row_fields(row: Row) -> dict[str, Any]:
    """The same keys in every row; None where there is nothing to tell."""
    measured = row.measured
    return {
        **asdict(row.setup),
        "prompt_tokens": row.case.prompt_tokens if row.case else None,
        "users": row.case.users if row.case else None,
        "load_s": row.load_s,
        "peak_memory_bytes": row.peak_bytes,
        "ttft_median_s": measured.ttft_s if measured else None,
        "ttft_p95_s": measured.ttft_p95_s if measured else None,
        "tpot_s": measured.tpot_s if measured else None,
        "user_tokens_per_second": measured.user_rate if measured else None,
        "total_tokens_per_second": measured.total_rate if measured else None,
        "requests": [_round_fields(each) for each in measured.rounds] if measured else [],
        "reason": row.reason or None,
    }


def _round_fields(requests: Sequence[Any]) -> list[dict[str, Any]]:
    """Moments in seconds since the first request of the round was submitted."""
    start = min(one.submitted_at for one in requests)
    return [
        {
            "submitted_s": one.submitted_at - start,
            "first_token_s": one.first_at - start,
            "last_token_s": one.last_at - start,
            "tokens": one.tokens,
        }
        for one in requests
    ]
