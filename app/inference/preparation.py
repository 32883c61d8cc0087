"""What must be true before an engine starts: the model's files are there and whole, its prompts can
be built, and what the catalogue and tuning know of running it is applied.

Nothing here starts an engine or decides which one serves.
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from app.config import BUILT_IN_CHECKPOINT, Settings
from app.inference import catalogue, manifest, model_config
from app.inference.catalogue import CatalogueEntry, PromptFormat, RecommendedSampling, RuntimeHint
from app.inference.conversion import process
from app.inference.conversion.types import Compression, ConversionRequest, Progress
from app.inference.devices import concrete
from app.inference.installed import BUILT_IN, InstalledModel, find
from app.inference.processors import processors
from app.inference.prompt import PromptBuilder
from app.inference.tuning import store
from app.inference.tuning.changes import Changes
from app.inference.tuning.store import Subject, machine
from app.inference.types import EngineSpec, ModelRef, Target

_GROUP_SIZE = 64  # of the built-in model, whose layers are narrow


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model that is ready to be compiled; `sampling` is None where nobody recommends any.

    `spec` is `untuned` with `tuning`, which is what is remembered of `subject`; that is None where
    AUTO could become one of several devices.
    """

    spec: EngineSpec
    prompts: PromptBuilder
    sampling: RecommendedSampling | None
    untuned: EngineSpec
    subject: Subject | None
    tuning: Changes


async def prepare(
    settings: Settings, target: Target, devices: Sequence[str], report: Callable[[str], None]
) -> Prepared:
    """Everything up to the compilation; `devices` are those of this machine.

    `report` takes short sentences on progress. Raises UnknownModel, ConversionFailed for the
    built-in model, or LoadFailed with the reason.
    """
    if target.model.model_id == BUILT_IN:
        await _convert_built_in(settings, target.model, report)
    installed = await asyncio.to_thread(
        find, settings.models_dir, target.model.model_id, target.model.weight_format
    )
    report("checking its files")
    await asyncio.to_thread(manifest.verify, installed.path)
    known = catalogue.entry(installed.catalogue_id)  # under another name, perhaps
    entry = known or catalogue.entry(target.model.model_id)
    prompt_format = entry.prompt if entry else PromptFormat()
    untuned = _spec(settings, installed, target.device, entry, devices)
    subject, tuning = await asyncio.to_thread(_tuning, settings, target, untuned, devices)
    return Prepared(
        spec=tuning.apply(untuned),
        prompts=await asyncio.to_thread(PromptBuilder.load, installed.path, prompt_format),
        sampling=_recommended(entry, installed),
        untuned=untuned,
        subject=subject,
        tuning=tuning,
    )


async def _convert_built_in(
    settings: Settings, model: ModelRef, report: Callable[[str], None]
) -> None:
    """Convert the model that ships, unless it has been since it last changed and is whole."""
    folder = settings.models_dir / model.model_id / model.weight_format
    if not await asyncio.to_thread(manifest.is_outdated, folder, BUILT_IN_CHECKPOINT):
        return

    def say(progress: Progress) -> None:
        report(f"{progress.message} ({progress.fraction:.0%})")

    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    compression = Compression(model.weight_format, group_size=_GROUP_SIZE)
    request = ConversionRequest(str(BUILT_IN_CHECKPOINT), BUILT_IN, (compression,))
    await process.run(request, settings.data_dir, say)


def _spec(
    settings: Settings,
    installed: InstalledModel,
    device: str,
    entry: CatalogueEntry | None,
    devices: Sequence[str],
) -> EngineSpec:
    chosen = settings.engine
    hints = [hint for hint in entry.hints if _applies(hint, device, devices)] if entry else []
    return EngineSpec(
        model_dir=str(installed.path),
        device=device,
        kind=installed.engine_kind if chosen == "auto" else chosen,
        max_running=settings.max_running,
        kv_cache_bytes=int(settings.kv_cache_gb * 2**30),
        properties={hint.name: hint.value for hint in hints},
        context=entry.context if entry else 0,
    )


def _tuning(
    settings: Settings, target: Target, untuned: EngineSpec, devices: Sequence[str]
) -> tuple[Subject | None, Changes]:
    """What would be tuned here, and what tuning found."""
    device = concrete(target.device, devices)
    if device is None:
        return None, Changes()
    subject = Subject(target.model, device, untuned.kind, machine(processors()))
    return subject, store.find(settings.data_dir, subject) or Changes()


def _applies(hint: RuntimeHint, device: str, devices: Sequence[str]) -> bool:
    """Whether a hint's device is the one that runs, or may become it under AUTO."""
    candidates = devices if device == "AUTO" else (device,)
    return any(name.split(".")[0] == hint.device for name in candidates)


def _recommended(
    entry: CatalogueEntry | None, installed: InstalledModel
) -> RecommendedSampling | None:
    """The catalogue's word on sampling, or what came with a model that is not in it."""
    if entry is not None:
        found = entry.sampling
    else:
        found = RecommendedSampling(**model_config.recommended_sampling(installed.path))
    return found if any(value is not None for value in asdict(found).values()) else None
