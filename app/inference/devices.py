"""The devices of this machine, as OpenVINO sees them.

The web process asks through a short child process: looking for devices loads the GPU plugin and its
driver, which must not be able to take the pages down. `resolve` is for engine processes.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import LoadFailed
from app.inference.offline import stay_offline

logger = logging.getLogger(__name__)

_AUTO_NAME = "AUTO — chooses among the devices of this machine"
_LOOK_TIMEOUT_S = 60
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Device:
    """A device to run a model on: OpenVINO's name for it, and one for people.

    `precision` is what it computes in unless it is told otherwise, such as bf16; "" if unknown.
    """

    name: str
    full_name: str
    precision: str = ""


def list_devices() -> list[Device]:
    """CPU, GPUs and AUTO. Takes a fraction of a second: call it once, and not on an event loop.

    Without NPU, which cannot run continuous batching. If looking fails, CPU and AUTO are offered.
    """
    command = [sys.executable, "-m", "app.inference.devices"]
    try:
        output = subprocess.run(  # noqa: S603 (our own module)
            command, cwd=_ROOT, capture_output=True, check=True, timeout=_LOOK_TIMEOUT_S
        ).stdout
        found = [Device(*described) for described in json.loads(output)]
    except (OSError, subprocess.SubprocessError, ValueError):
        logger.exception("Looking for devices failed; offering the CPU only")
        found = [Device("CPU", "CPU")]
    names = ", ".join(device.name for device in found)
    return [*found, Device("AUTO", f"{_AUTO_NAME} ({names})")]


def resolve(device: str) -> str:
    """The concrete device behind a name such as AUTO; LoadFailed if the machine lacks it.

    The pipeline does not tell which device AUTO took, so a model of one operation is asked instead.
    """
    import openvino
    from openvino import opset13 as ops

    core = openvino.Core()
    _check_present(device, core.available_devices)
    parameter = ops.parameter([1], openvino.Type.f32)
    probe = openvino.Model([ops.relu(parameter)], [parameter])
    execution = core.compile_model(probe, device).get_property("EXECUTION_DEVICES")
    return "+".join(dict.fromkeys(str(name).strip("()") for name in execution))


def _check_present(device: str, available: list[str]) -> None:
    head, _, rest = device.partition(":")
    wanted = [name.strip(" -") for name in rest.split(",")] if rest else [head]
    # OpenVINO lists a lone GPU as GPU and several as GPU.0, GPU.1; it takes GPU for both.
    known = {*available, *(name.split(".")[0] for name in available)}
    if not rest:
        known |= {"AUTO", "HETERO", "MULTI", "BATCH"}
    for name in wanted:
        if not {name, name.split(".")[0]} & known:
            raise LoadFailed(
                f"This machine has no device {name}. It has {', '.join(available)} and AUTO."
            )


def concrete(name: str, devices: Sequence[str]) -> str | None:
    """The one of `devices` that a name stands for; None for AUTO where it could be several."""
    if name != "AUTO":
        return name
    real = [device for device in devices if device != "AUTO"]
    return real[0] if len(real) == 1 else None


def _look() -> list[tuple[str, str, str]]:
    stay_offline()
    import openvino

    core = openvino.Core()
    return [
        (
            name,
            str(core.get_property(name, "FULL_DEVICE_NAME")),
            _precision(core, name),
        )
        for name in core.available_devices
        if not name.startswith("NPU")
    ]


def _precision(core: Any, name: str) -> str:
    try:
        return str(core.get_property(name, "INFERENCE_PRECISION_HINT").get_type_name())
    except (AttributeError, RuntimeError):  # not every plugin has it
        return ""


if __name__ == "__main__":
    print(json.dumps(_look()))
