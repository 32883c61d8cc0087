"""`models` and `convert`: what the Models page does, in the terminal."""

import json
import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.config import Settings
from app.errors import ConversionFailed
from app.inference import measurements, offers
from app.inference.conversion import process
from app.inference.conversion.table import table
from app.inference.conversion.types import Outcome, Progress
from app.inference.installed import InstalledModel, list_installed
from app.inference.measurements import Measured
from app.inference.offers import Need, Offer, Wanted
from app.inference.orders import Order, plans, to_request
from app.inference.quantities import expectation, size, speed
from app.inference.types import ModelRef

_STEP = 5  # percent between two lines where the output is no terminal


def list_models(settings: Settings, wanted: Wanted, need: Need, as_json: bool) -> None:
    """Print what is installed, and the catalogue with an estimate for this machine."""
    models, measured = list_installed(settings.models_dir), measurements.read(settings.data_dir)
    here = offers.look_around(settings)
    found = [offers.offer(entry, need, here) for entry in offers.matching(wanted)]
    if as_json:
        installed = [_installed_fields(model, measured) for model in models]
        catalogue = [_offer_fields(offer) for offer in found]
        print(json.dumps({"installed": installed, "catalogue": catalogue}, ensure_ascii=False))
        return
    print("Installed:")
    print_columns([_installed_row(model, measured) for model in models])
    print(f"\nCatalogue, for {need.users} at once with {need.context:,} tokens each (estimates):")
    print_columns([_offer_row(offer) for offer in found])
    print("\nAdd one with: python launch.py convert ID. Check the licence on its model card.")


async def convert(settings: Settings, order: Order, as_json: bool) -> None:
    """Download, convert and compress, with progress on standard error.

    Raises InvalidParameter for what cannot be meant and ConversionFailed for what did not work;
    cancelling it leaves nothing half-made.
    """
    request = to_request(order)
    # Without a handler Python writes errors to the terminal, which are told below in any case.
    logging.getLogger("app").addHandler(logging.NullHandler())
    planned = plans(request)
    for plan in planned:
        print(f"{plan.compression.weight_format}: {plan.explanation}", file=sys.stderr)
        print(f"  By hand: {plan.command}", file=sys.stderr)
    line = ProgressLine("\n".join(dict.fromkeys(plan.command for plan in planned)))
    try:
        outcome = await process.run(
            request,
            settings.data_dir,
            line.show,
            token=settings.hf_token,
            endpoint=settings.hf_endpoint,
        )
    except ConversionFailed as error:
        line.end()
        if error.log:
            print("The last lines of the log:", *error.log, sep="\n  ", file=sys.stderr)
        raise
    except BaseException:
        line.end()
        print("Cancelled. What was downloaded is kept for another try.", file=sys.stderr)
        raise
    line.end()
    if as_json:
        print(json.dumps(_outcome_fields(outcome), ensure_ascii=False))
        return
    first = outcome.converted[0].weight_format
    print(f"{outcome.model_id}:\n{table(outcome)}\nBy hand:\n{outcome.command}")
    print(f"Serve it: python launch.py --model {outcome.model_id} --weight-format {first}")


class ProgressLine:
    """Progress on standard error: one line that is written over, or lines where nobody looks.

    `command` is the one that was planned; if the source asks for another way, that is said.
    """

    def __init__(self, command: str) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown: tuple[str, int] | None = None
        self._command = command

    def show(self, progress: Progress) -> None:
        if progress.command not in ("", self._command):
            self._command = progress.command
            self.end()
            print(f"Another way is needed. By hand:\n{progress.command}", file=sys.stderr)
        percent = int(progress.fraction * 100)
        text = f"{percent:3d}% {progress.stage}: {progress.message}"
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{text[:width]:<{width}}", end="", file=sys.stderr, flush=True)
            self._shown = (progress.stage, percent)
            return
        step = (progress.stage, percent // _STEP)
        if step != self._shown:
            self._shown = step
            print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Whatever is printed next has a line of its own."""
        if self._terminal and self._shown is not None:
            print(file=sys.stderr)


def absolute(source: str) -> str:
    """A folder that is there as its whole path; anything else as it was typed."""
    try:
        there = Path(source).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        there = False
    return str(Path(source).expanduser().absolute()) if source and there else source


def _speed(model: InstalledModel, measured: Sequence[Measured]) -> float | None:
    """Of the latest device that it ran on."""
    ran = [one for one in measured if ModelRef(one.model_id, one.weight_format) == model.ref]
    return ran[-1].tokens_per_second if ran else None


def _installed_row(model: InstalledModel, measured: Sequence[Measured]) -> tuple[str, ...]:
    got = _speed(model, measured)
    return (
        model.ref.model_id,
        model.ref.weight_format,
        size(model.size_bytes) if model.converted else "made when first loaded",
        f"{model.context_length:,} tokens",
        "not measured yet" if got is None else speed(got),
    )


def _installed_fields(model: InstalledModel, measured: Sequence[Measured]) -> dict[str, Any]:
    return {
        "model_id": model.ref.model_id,
        "weight_format": model.ref.weight_format,
        "size_bytes": model.size_bytes,
        "context": model.context_length,
        "architecture": model.architecture,
        "engine": model.engine_kind,
        "tokens_per_second": _speed(model, measured),
    }


def _offer_row(offer: Offer) -> tuple[str, ...]:
    entry = offer.entry
    marks = ["gated"] * entry.gated + ["own code"] * entry.remote_code
    return (
        entry.model_id,
        f"{entry.parameters:g} B",
        ",".join(entry.languages),
        ",".join(entry.pages),
        entry.licence,
        f"as {offer.weight_format}: {expectation(offer.estimate)}",
        ", ".join(marks),
    )


def _offer_fields(offer: Offer) -> dict[str, Any]:
    entry, expected = offer.entry, offer.estimate
    return {
        "model_id": entry.model_id,
        "hub_id": entry.hub_id,
        "description": entry.description,
        "licence": entry.licence,
        "card": entry.card,
        "languages": entry.languages,
        "pages": entry.pages,
        "parameters": entry.parameters,
        "context": entry.context,
        "gated": entry.gated,
        "remote_code": entry.remote_code,
        "weight_formats": entry.weight_formats,
        "estimate": {
            "weight_format": offer.weight_format,
            "verdict": expected.verdict,
            "weights_bytes": expected.weights_bytes,
            "memory_bytes": expected.memory_bytes,
            "tokens_per_second": round(expected.tokens_per_second, 1),
        },
    }


def _outcome_fields(outcome: Outcome) -> dict[str, Any]:
    rows = [asdict(one) | {"compression_rate": outcome.rate(one)} for one in outcome.converted]
    return {
        "model_id": outcome.model_id,
        "way": outcome.way,
        "revision": outcome.revision,
        "converted": rows,
    }


def print_columns(rows: list[tuple[str, ...]]) -> None:
    if not rows:
        print("  none")
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join(cells).rstrip())
