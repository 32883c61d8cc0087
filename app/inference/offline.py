"""Keeps the libraries from talking to the outside more than they are asked to.

`import openvino` and NNCF report usage to their makers unless the telemetry package is missing, and
transformers asks the hub about local folders. A process that uses any of them calls `stay_offline`
before the first such import; the one process that downloads calls `only_download`.
"""

import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path

_KEPT = (
    *("PATH", "HOME", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "TEMP", "TMP"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "LOCALAPPDATA"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHON*"),
    *("OMP_*", "KMP_*", "MKL_*", "OPENBLAS_*", "NUMBER_OF_PROCESSORS"),
)
_KEPT_FOR_PIP = ("*_PROXY", "PIP_*", "SSL_*", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC")


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


def environment(work: Path, before: Path | None = None, *, pip: bool = False) -> dict[str, str]:
    """The environment of a process that may run a model's own code: what programs need to start,
    and nothing else, since settings and credentials of the app stand beside it.

    Code that transformers copies goes into `work`, to be removed with it. Packages in the folder
    `before` stand in front of the installed ones. `pip` lets the network's settings through.
    """
    kept = (*_KEPT, *_KEPT_FOR_PIP) if pip else _KEPT
    inherited = {
        name: value
        for name, value in os.environ.items()
        if any(fnmatchcase(name.upper(), pattern) for pattern in kept)
    }
    paths = [str(before)] if before else []
    return inherited | {
        "PYTHONPATH": os.pathsep.join([*paths, *filter(None, [inherited.get("PYTHONPATH")])]),
        "PYTHONNOUSERSITE": "1",
        "HF_HOME": str(work / "modules"),  # a token may lie in the real one
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
    }
