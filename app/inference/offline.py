"""Keeps the inference libraries from talking to the outside.

`import openvino` and NNCF report usage to their makers unless the telemetry package is missing, and
transformers asks the Hub about local folders. A process that uses any of them calls `stay_offline`
before the first such import.
"""

import os
import sys


def stay_offline() -> None:
    """Make the telemetry package unimportable, and transformers look at local files only."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
