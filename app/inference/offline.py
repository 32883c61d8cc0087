"""Keeps the libraries from talking to the outside more than they are asked to.

`import openvino` and NNCF report usage to their makers unless the telemetry package is missing, and
transformers asks the hub about local folders. A process that uses any of them calls `stay_offline`
before the first such import; the one process that downloads calls `only_download`.
"""

import os
import sys
from pathlib import Path

_SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "VINOCHAT_HF_TOKEN")


def stay_offline() -> None:
    """Make the telemetry package unimportable, and transformers look at local files only."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"


def only_download() -> None:
    """Let the hub's client fetch files, and neither report on its use nor draw progress bars."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_UPDATE_CHECK"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"


def environment(work: Path, before: Path | None = None) -> dict[str, str]:
    """The environment of a process that may run a model's own code: no secrets of the hub.

    Code that transformers copies goes into `work`, to be removed with it. Packages in the folder
    `before` stand in front of the installed ones.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    paths = [str(before)] if before else []
    return inherited | {
        "PYTHONPATH": os.pathsep.join([*paths, *filter(None, [inherited.get("PYTHONPATH")])]),
        "PYTHONNOUSERSITE": "1",
        "HF_MODULES_CACHE": str(work / "modules"),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
    }
