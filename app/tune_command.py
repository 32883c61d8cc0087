"""`tune`: look for the fastest settings of one model on this machine, in the terminal."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from app.config import Settings
from app.errors import InvalidParameter
from app.inference.devices import Device, list_devices
from app.inference.engine_process import EngineProcess
from app.inference.preparation import Prepared, prepare
from app.inference.tuning import store
from app.inference.tuning.changes import Changes
from app.inference.tuning.run import NewEngine, tune
from app.inference.tuning.search import Found, Trial
from app.inference.tuning.store import Subject
from app.inference.tuning.workload import Measurement
from app.inference.types import ModelRef, Target


async def tune_model(
    settings: Settings, as_json: bool, new_engine: NewEngine = EngineProcess
) -> None:
    """Measure, remember what is best and print it; progress goes to standard error.

    Raises InvalidParameter for AUTO where it could be several devices, and whatever keeps the model
    from running. Interrupted, it leaves nothing behind and what was known before stays.
    """
    prepared, subject, device = await _prepare(settings)
    print(f"Tuning {subject.model} on {device.name} for {settings.tune_goal} …", file=sys.stderr)
    found = await tune(prepared.untuned, device, settings.tune_goal, new_engine, _show)
    await _remember(settings, subject, found.changes)
    if as_json:
        print(json.dumps(_fields(subject, found), ensure_ascii=False))
        return
    print(f"{subject.model} on {subject.device}: {found.line()}.")
    if found.changes:
        print(f"  before: {found.default.line()}\n  now:    {found.kept.line()}")
    print(_FROM_NOW_ON)


async def keep_default(settings: Settings, as_json: bool) -> None:
    """Have the default settings from now on, measured or not; idle times change nothing then."""
    _, subject, _ = await _prepare(settings)
    await _remember(settings, subject, Changes())
    if as_json:
        print(json.dumps(_subject_fields(subject, Changes()), ensure_ascii=False))
        return
    print(f"{subject.model} on {subject.device}: the default settings are kept.\n{_FROM_NOW_ON}")


_FROM_NOW_ON = (
    "Remembered for this model, device and machine. An app that runs now takes it up when it next "
    "loads the model, which it does by itself when it has been idle for a while."
)


async def _prepare(settings: Settings) -> tuple[Prepared, Subject, Device]:
    devices = await asyncio.to_thread(list_devices)
    target = Target(ModelRef(settings.model, settings.weight_format), settings.device)
    prepared = await prepare(settings, target, [one.name for one in devices], _once(_say))
    if prepared.subject is None:
        names = " or ".join(one.name for one in devices if one.name != "AUTO")
        raise InvalidParameter(
            f"AUTO could be one of several devices. Name the one to tune for: --device {names}.",
            "device",
        )
    device = next(one for one in devices if one.name == prepared.subject.device)
    return prepared, prepared.subject, device


async def _remember(settings: Settings, subject: Subject, changes: Changes) -> None:
    try:
        await asyncio.to_thread(store.remember, settings.data_dir, subject, changes)
    except OSError as error:
        raise InvalidParameter(
            f"{store.FILE} cannot be written in the data folder: {error.strerror}. "
            "Choose another with --data-dir.",
            "data_dir",
        ) from None


def _once(say: Callable[[str], None]) -> Callable[[str], None]:
    """Nothing is said twice in a row."""
    last = ""

    def report(text: str) -> None:
        nonlocal last
        if text != last:
            last = text
            say(text)

    return report


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _show(trial: Trial) -> None:
    _say(f"  {trial.line()}")


def _fields(subject: Subject, found: Found) -> dict[str, Any]:
    return _subject_fields(subject, found.changes) | {
        "goal": found.goal,
        "gain": round(found.gain, 3),
        "default": _measured(found.default),
        "kept": _measured(found.kept),
        "trials": [
            {"stage": one.stage, "changes": one.changes.words, "error": one.error}
            | ({} if one.measurement is None else _measured(one.measurement))
            for one in found.trials
        ],
    }


def _subject_fields(subject: Subject, changes: Changes) -> dict[str, Any]:
    return {
        **asdict(subject.model),
        "device": subject.device,
        "engine": subject.engine,
        "machine": subject.machine,
        "changes": asdict(changes),
    }


def _measured(measurement: Measurement) -> dict[str, float]:
    return {
        "answer_s": round(measurement.answer_s, 4),
        "first_token_s": round(measurement.first_token_s, 4),
        "per_token_s": round(measurement.per_token_s, 5),
        "tokens_per_second": round(measurement.tokens_per_second, 2),
    }
