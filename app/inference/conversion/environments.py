"""Older libraries for architectures that today's no longer export, each set in a folder of its own.

`DATA_DIR/environments/transformers-VERSION/` holds that transformers with what it needs to be
older, and the packages that models' own code asks for. It stands before the installed packages on
the path of the export step and nowhere else; torch, openvino and optimum-intel stay the app's.
"""

import json
import logging
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from app.errors import ConversionFailed
from app.inference import offline

logger = logging.getLogger(__name__)

MARK = "environment.json"
_OLD_HUB = "huggingface-hub==0.36.2"
_FOR_CODE = ("einops==0.8.2", "tiktoken==0.14.0")
PACKAGES: dict[str, tuple[str, ...]] = {
    "5.0.0": ("transformers==5.0.0",),
    "4.57.6": ("transformers==4.57.6", _OLD_HUB, *_FOR_CODE),
    "4.55.4": ("transformers==4.55.4", "tokenizers==0.21.4", _OLD_HUB, *_FOR_CODE),
    "4.53.3": ("transformers==4.53.3", "tokenizers==0.21.4", _OLD_HUB, *_FOR_CODE),
}
"""What each set consists of. Installed without dependencies: the rest is installed already. Wheels
only, since building a package would run its code."""

# Qwen's own code names a package that exists as source only. It needs it for streaming alone, but
# transformers looks for every package that is named.
STAND_IN = "transformers_stream_generator"
_STAND_IN_CODE = '''"""Stands in for the package of this name, which conversions do not need."""


class _NotHere:
    def __init__(self, *_values: object, **_named: object) -> None:
        raise NotImplementedError(
            "transformers_stream_generator is not installed in VinoChat's environments: models are "
            "converted there, they do not stream."
        )


class NewGenerationMixin(_NotHere):
    generate = sample_stream = _NotHere


class StreamGenerationConfig(_NotHere):
    pass
'''

SIZE_BYTES = 150_000_000

_OFFLINE = (
    "No matching distribution",
    "Could not find a version",
    "ConnectionError",
    "NewConnectionError",
    "Temporary failure in name resolution",
    "Max retries exceeded",
)


def exact(version: str) -> str:
    """The version that stands for `version`, as "5.0.0" does for "5.0"."""
    found = [known for known in PACKAGES if f"{known}.".startswith(f"{version}.")]
    if not found:
        raise ConversionFailed(
            f"VinoChat has no environment with transformers {version}. "
            f"It has {', '.join(PACKAGES)}."
        )
    return found[0]


def folder(data_dir: Path, version: str) -> Path:
    return data_dir / "environments" / f"transformers-{exact(version)}"


def is_ready(data_dir: Path, version: str) -> bool:
    """Whether the environment is there, made of the packages named here, for this Python."""
    try:
        mark = json.loads((folder(data_dir, version) / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(mark == _mark(exact(version)))


def prepare(data_dir: Path, version: str) -> Path:
    """The environment's folder, made first where it is missing: whole, or not at all.

    Raises ConversionFailed if the packages cannot be had; pip's own words go to the log.
    """
    version = exact(version)
    target = folder(data_dir, version)
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.parent / f".{target.name}.lock"):
        if is_ready(data_dir, version):
            return target
        making = target.parent / f".{target.name}.making"
        for leftover in (making, target):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            _install(PACKAGES[version], making)
            _stand_in(making)
            _try(making, version)
            mark = json.dumps(_mark(version), indent=2)
            (making / MARK).write_text(mark, encoding="utf-8")
            making.rename(target)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return target


def _stand_in(making: Path) -> None:
    package = making / STAND_IN
    package.mkdir()
    for name in ("__init__.py", "main.py"):
        (package / name).write_text(_STAND_IN_CODE, encoding="utf-8")


def _mark(version: str) -> dict[str, object]:
    return {
        "packages": list(PACKAGES[version]),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def _install(packages: tuple[str, ...], target: Path) -> None:
    logger.info("Installing %s", ", ".join(packages))
    command = [
        *(sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"),
        *("--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(target), *packages),
    ]
    ended = subprocess.run(  # noqa: S603 (pip, with the packages named above)
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=subprocess.PIPE,
        env=offline.environment(target, pip=True),
        text=True,
        errors="replace",
        check=False,
    )
    print(ended.stderr, file=sys.stderr, flush=True)
    if ended.returncode == 0:
        return
    if "No module named pip" in ended.stderr:
        raise ConversionFailed(
            "The older libraries that this model needs are installed by pip, which is missing from "
            "VinoChat's Python environment. Run `python -m ensurepip` in it, then try again."
        )
    if any(words in ended.stderr for words in _OFFLINE):
        raise ConversionFailed(
            "The older libraries that this model needs could not be downloaded from the Python "
            "package index. Check the network and pip's proxy settings, then try again."
        )
    raise ConversionFailed(
        "The older libraries that this model needs could not be installed; the log has pip's words."
    )


def _try(making: Path, version: str) -> None:
    code = "import transformers; print(transformers.__version__)"
    ended = subprocess.run(  # noqa: S603 (our own line)
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=offline.environment(making, before=making),
        text=True,
        check=False,
    )
    if ended.stdout.strip() != version:
        raise ConversionFailed(
            f"transformers {version} was installed but does not start; the log has the details."
        )
