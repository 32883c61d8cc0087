"""The catalogue as somebody sees who chooses: filtered, and with an estimate for this machine."""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.config import Settings
from app.inference import catalogue, estimate, measurements, model_config
from app.inference.catalogue import CatalogueEntry
from app.inference.estimate import Estimate, Machine, Reference
from app.inference.installed import InstalledModel, list_installed
from app.inference.measurements import Measured
from app.inference.orders import recommended_format
from app.inference.types import ModelRef

SIZES: dict[str, tuple[float, float]] = {
    "up to 1 B": (0, 1),
    "1 to 4 B": (1, 4),
    "4 to 8 B": (4, 8),
    "over 8 B": (8, float("inf")),
}
"""Billions of parameters, the upper end included."""

LANGUAGES = {"en": "English", "zh": "Chinese", "ja": "Japanese"}

_ACTIVE = re.compile(r"-a(\d+(?:\.\d+)?)b(?:-|$)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty means anything."""

    text: str = ""
    language: str = ""
    page: str = ""
    size: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """For how many people at once and how long their conversations are; `limit` caps the cache."""

    users: int
    context: int
    limit: int


@dataclass(frozen=True, slots=True)
class Here:
    """This machine, what has run on it, and the KV cache of a token for what is installed."""

    machine: Machine
    references: tuple[Reference, ...] = ()
    kv_bytes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model, the weight format to take, and how that will do on this machine."""

    entry: CatalogueEntry
    weight_format: str
    estimate: Estimate


def matching(wanted: Wanted) -> list[CatalogueEntry]:
    """The catalogue's entries that somebody looks for, in its order."""
    return [entry for entry in catalogue.entries() if _matches(entry, wanted)]


def licences() -> list[str]:
    """Every licence that occurs, sorted."""
    return sorted({entry.licence for entry in catalogue.entries()}, key=str.lower)


def look_around(settings: Settings) -> Here:
    """What estimates rest on. The first call takes a tenth of a second: not on an event loop."""
    models, measured = list_installed(settings.models_dir), measurements.read(settings.data_dir)
    return Here(estimate.machine(), tuple(references(models, measured)), _kv_bytes(models))


def free_disk(data_dir: Path) -> int:
    """Bytes that are free where models are put; the folder itself may not be there yet."""
    there = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    return shutil.disk_usage(there).free


def offer(entry: CatalogueEntry, need: Need, here: Here, weight_format: str = "") -> Offer:
    """The model in that weight format, or in the recommended one."""
    chosen = weight_format or recommended_format(entry)
    weights = estimate.weights_bytes(entry.parameters, entry.compression(chosen))
    context = min(need.context, entry.context)
    typical = estimate.kv_bytes_per_token(entry.parameters)
    per_token = here.kv_bytes.get(entry.model_id, typical)
    cache = estimate.kv_cache_bytes(per_token, context, need.users, need.limit)
    expected = estimate.estimate(weights, cache, here.machine, here.references, _share_read(entry))
    return Offer(entry, chosen, expected)


def references(models: Sequence[InstalledModel], measured: Sequence[Measured]) -> list[Reference]:
    """What ran on the CPU of this machine for one user alone, with its size."""
    sizes = {model.ref: model.size_bytes for model in models if model.converted}
    return [
        Reference(sizes[ref], one.tokens_per_second)
        for one in measured
        if (ref := ModelRef(one.model_id, one.weight_format)) in sizes
        and one.device == "CPU"
        and one.together < 2
    ]


def _kv_bytes(models: Sequence[InstalledModel]) -> dict[str, int]:
    """By their own configurations, with a cache of 8 bits as on the CPU."""
    return {
        model.ref.model_id: model_config.kv_bytes_per_token(model_config.read(model.path), "u8")
        for model in models
        if model.converted
    }


def _matches(entry: CatalogueEntry, wanted: Wanted) -> bool:
    text = " ".join((entry.model_id, entry.hub_id, entry.description, entry.architecture)).lower()
    low, high = SIZES.get(wanted.size, (0, float("inf")))
    return (
        all(word in text for word in wanted.text.lower().split())
        and wanted.language in ("", *entry.languages)
        and wanted.page in ("", *entry.pages)
        and low < entry.parameters <= high
        and wanted.licence in ("", entry.licence)
    )


def _share_read(entry: CatalogueEntry) -> float:
    """A mixture of experts reads a part of its weights, and says so in its name: `30b-a3b`."""
    active = _ACTIVE.search(entry.model_id)
    return min(1.0, float(active[1]) / entry.parameters) if active else 1.0
