"""The process of a job: from the check of what was asked to installed models.

    python -m app.inference.conversion.worker    (with the job as JSON on standard input)

It downloads and decides; libraries that take memory or run a model's code do so in steps,
processes that it starts one after another. Whatever happens to it, half-made things lie in its
workplace only.
"""

import logging
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from pydantic import TypeAdapter

from app.errors import ConversionFailed, UnknownModel, VinoChatError
from app.inference import installed, manifest, model_config, offline
from app.inference.catalogue import PromptFormat
from app.inference.conversion import (
    compress,
    environments,
    export,
    failures,
    support,
    ways,
    workplace,
)
from app.inference.conversion.channel import Say, call, serve
from app.inference.conversion.sources import Plan, Sources
from app.inference.conversion.stages import Stages
from app.inference.conversion.types import Compression, ConversionRequest, Converted, Outcome, Way
from app.inference.engine_worker import try_out
from app.inference.prompt import PromptBuilder
from app.inference.types import EngineSpec, Message

logger = logging.getLogger(__name__)

_TRY_CACHE_BYTES = 2**28
_NOT_COPIED = ("openvino_*model.xml", "openvino_*model.bin", manifest.NAME)


def work(task: dict[str, Any], say: Say) -> dict[str, Any]:
    """Do the whole job; its Outcome as a dictionary."""
    request = TypeAdapter(ConversionRequest).validate_python(task["request"])
    _be_polite()
    offline.only_download()
    job = Job(request, Path(task["data_dir"]), task["token"], task["endpoint"], say)
    return asdict(job.run())


class Job:
    """One request on its way. `run` reads as the order of events."""

    def __init__(
        self, request: ConversionRequest, data_dir: Path, token: str, endpoint: str, say: Say
    ) -> None:
        self._request, self._data_dir = request, data_dir
        self._models = data_dir / "models" / request.model_id
        self._entry = ways.entry_of(request)
        self._sources = Sources(request, self._entry, data_dir, token, endpoint)
        self._stages = Stages(say)
        self._converted: list[Converted] = []
        self._versions: dict[str, str] = {}
        self._fingerprint = ""
        self._calibration = ""
        self._fp16_size = 0

    def run(self) -> Outcome:
        self._check_names()
        self._check_not_installed()
        lane = workplace.lane(self._request.model_id)
        with workplace.opened(self._data_dir, lane, os.getpid(), self._stages.waiting) as hidden:
            self._check_not_installed()
            place = hidden / self._request.model_id  # as under `models`
            place.mkdir()
            plan = self._plan()
            self._sources.check_space(plan)
            for compression, way in plan.items():
                if way == "ready-made":
                    self._download(place, compression)
            exported: Plan = {one: way for one, way in plan.items() if way != "ready-made"}
            if exported:
                self._convert(place, exported)
            fp16_bytes = self._fp16_bytes()
            self._sources.remove()  # before the next job of the same source looks for them
        self._stages.done()
        made = sorted(self._converted, key=lambda one: self._wanted().index(one.weight_format))
        return Outcome(self._request.model_id, tuple(made), fp16_bytes, self._sources.revision)

    def _wanted(self) -> list[str]:
        return [one.weight_format for one in self._request.formats]

    def _check_names(self) -> None:
        """They become folders, so whoever asked must not lead us elsewhere."""
        names = (self._request.model_id, *self._wanted())
        if not self._wanted() or not all(map(installed.is_safe_name, names)):
            raise ConversionFailed(
                "A model's name consists of letters, digits, dots, dashes and underscores, and at "
                "least one weight format is needed."
            )

    def _check_not_installed(self) -> None:
        if reason := workplace.installed_already(self._models, self._wanted()):
            raise ConversionFailed(reason)

    def _plan(self) -> Plan:
        self._stages.begin("check", "Looking at the model")
        plan = self._sources.plan()
        if any(compression.awq for compression in plan):
            self._calibration = self._sources.calibration()
        for compression, way in plan.items():
            logger.info("%s: %s", compression.weight_format, ways.explain(way, self._entry))
            logger.info("By hand: %s", self._command(compression, way))
        commands = (self._command(compression, way) for compression, way in plan.items())
        self._stages.command = "\n".join(dict.fromkeys(commands))
        exported = any(way != "ready-made" for way in plan.values())
        if self._entry is None and not self._sources.is_folder and "export" in plan.values():
            self._check_support()
        older = self._sources.older if exported else ""
        set_up = bool(older) and not environments.is_ready(self._data_dir, older)
        self._stages.expect(plan, download=not self._sources.is_folder, set_up=set_up)
        return plan

    def _check_support(self) -> None:
        """Of a model that nobody has tried, before it is downloaded."""
        self._stages.within(0.1, "Asking the conversion libraries")
        config = self._sources.config
        task = {
            "model_type": str(config.get("model_type")),
            "seq2seq": model_config.is_seq2seq(config),
        }
        call(support.MODULE, task, self._heard, offline.environment(self._data_dir))

    def _download(self, place: Path, compression: Compression) -> None:
        self._stages.begin("download", "Downloading the finished OpenVINO model")
        folder = self._sources.ready_made(compression, self._on_bytes)
        work = place / compression.weight_format
        shutil.copytree(folder, work, ignore=shutil.ignore_patterns(".*"), copy_function=_link)
        self._install(work, compression, "ready-made", "")

    def _convert(self, place: Path, plan: Plan) -> None:
        """Export once, compress from that as often as asked; fp16 itself is moved last."""
        if not self._sources.is_folder:
            self._stages.begin("download", "Downloading the model")
        source = self._sources.checkpoint(self._on_bytes)
        if self._sources.is_folder:
            self._fingerprint = manifest.fingerprint(source)
        exported = self._export(source, place)
        self._fp16_size = _weights_of(exported)
        for compression in sorted(plan, key=lambda one: one.weight_format == "fp16"):
            work, note = exported, ""
            if compression.weight_format != "fp16":
                work = place / compression.weight_format
                note = self._compress(exported, work, compression)
            self._install(work, compression, plan[compression], note)

    def _export(self, source: Path, place: Path) -> Path:
        older = None
        if self._sources.older:
            message = "Getting the older libraries that this model needs"
            self._stages.begin("environment", message)
            older = environments.prepare(self._data_dir, self._sources.older)
        self._stages.begin("export", "Converting to OpenVINO")
        target = place / "fp16"
        trusted = self._request.trust_remote_code
        self._versions |= call(
            export.MODULE,
            {"source": str(source), "target": str(target), "trust_remote_code": trusted},
            self._heard,
            offline.environment(place, before=older),
        )
        return target

    def _compress(self, exported: Path, work: Path, compression: Compression) -> str:
        """Make one format; what a person should know of it."""
        name = compression.weight_format
        self._stages.begin("compress", f"Compressing the weights to {name}")
        shutil.copytree(exported, work, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        task = {
            "source": str(exported),
            "target": str(work),
            "compression": asdict(compression),
            "calibration": self._calibration,
        }
        made = call(compress.MODULE, task, self._heard, offline.environment(work.parent))
        note = str(made.pop("note"))
        self._versions |= made
        return note

    def _install(self, work: Path, compression: Compression, way: Way, note: str) -> None:
        """Try it, record it, and let it appear."""
        name = compression.weight_format
        self._stages.begin("try", f"Trying the {name} model out")
        _try(work, self._entry.prompt if self._entry else PromptFormat())
        self._stages.begin("save", f"Installing the {name} model")
        command = self._command(compression, way)
        source, revision = self._request.source, self._sources.revision
        if way == "ready-made":
            source, revision = self._sources.ready_made_revision(compression)
        manifest.write(
            work,
            source=Path(source).name if self._sources.is_folder else source,
            way=way,
            command=command,
            revision=revision,
            fingerprint=self._fingerprint,
            catalogue_id=self._entry.model_id if self._entry else "",
            settings=asdict(compression),
            versions=self._versions if way != "ready-made" else {},
        )
        converted = Converted(name, _weights_of(work), way, command, note)
        self._models.mkdir(parents=True, exist_ok=True)
        work.rename(self._models / name)
        self._converted.append(converted)

    def _command(self, compression: Compression, way: Way) -> str:
        return ways.command(self._request, compression, way, self._entry)

    def _heard(self, _kind: str, value: list[Any]) -> None:
        self._stages.within(float(value[0]), str(value[1]))

    def _on_bytes(self, there: int, total: int) -> None:
        text = f"Downloading: {there / 1e6:,.0f} of {total / 1e6:,.0f} MB"
        self._stages.within(there / total if total else 1.0, text)

    def _fp16_bytes(self) -> int:
        """What the model weighs without compression, wherever that can be known from."""
        installed_fp16 = self._models / "fp16"
        if self._fp16_size:
            return self._fp16_size
        return _weights_of(installed_fp16) or self._sources.fp16_bytes()


def _try(folder: Path, prompt_format: PromptFormat) -> None:
    """Do with a model what the app will do, before anybody is offered it: find it, build a prompt,
    let it write a few tokens."""
    try:
        found = installed.find(folder.parent.parent, folder.parent.name, folder.name)
        prompts = PromptBuilder.load(folder, prompt_format)
        prompts.decode(prompts.encode([Message("user", "Hello")]))
        spec = EngineSpec(
            model_dir=str(folder),
            device="CPU",
            kind=found.engine_kind,
            max_running=1,
            kv_cache_bytes=_TRY_CACHE_BYTES,
        )
        try_out(spec)
    except UnknownModel:
        raise ConversionFailed(
            "The model was made but cannot be offered: VinoChat finds no OpenVINO model, "
            "configuration or tokenizer in it. The log has the details. Choose another version."
        ) from None
    except VinoChatError as error:
        raise ConversionFailed(f"The model was made but does not run: {error}") from error


def _weights_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("openvino_*model.bin"))


def _link(source: str, target: str) -> None:
    """The download stays, in case the model does not run: no second copy where that is possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _be_polite() -> None:
    """Let streams of a serving model go first."""
    process = psutil.Process()
    process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else 10)


if __name__ == "__main__":
    sys.exit(serve(work, failures.readable))
