"""The devices of this machine, whichever it is."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.errors import LoadFailed
from app.inference import devices
from app.inference.devices import Device, concrete, list_devices, resolve

ROOT = Path(__file__).parents[2]


def test_lists_the_cpu_by_its_full_name_and_auto_last() -> None:
    found = list_devices()
    assert found[0].name == "CPU"
    assert found[0].full_name not in {"", "CPU"}
    assert found[-1].name == "AUTO"
    assert "chooses among" in found[-1].full_name
    assert "CPU" in found[-1].full_name
    assert not any(device.name.startswith("NPU") for device in found)


def test_tells_what_the_cpu_computes_in() -> None:
    assert list_devices()[0].precision in {"f32", "bf16", "f16"}


@pytest.mark.parametrize(
    ("name", "devices", "real"),
    [
        ("CPU", ("CPU", "GPU", "AUTO"), "CPU"),
        ("AUTO", ("CPU", "AUTO"), "CPU"),
        ("AUTO", ("CPU", "GPU", "AUTO"), None),
    ],
)
def test_auto_is_one_device_where_there_is_one(
    name: str, devices: tuple[str, ...], real: str | None
) -> None:
    assert concrete(name, devices) == real


def test_works_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert list_devices()[0].name == "CPU"


def test_when_looking_fails_the_cpu_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_arguments: Any, **_options: Any) -> None:
        raise subprocess.CalledProcessError(-11, "python")

    monkeypatch.setattr(subprocess, "run", crash)
    assert [device.name for device in list_devices()] == ["CPU", "AUTO"]
    assert list_devices()[0] == Device("CPU", "CPU")


def test_looking_leaves_this_process_without_openvino() -> None:
    code = (
        "import sys; from app.inference.devices import list_devices; list_devices();"
        "assert 'openvino' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("device", ["CPU", "AUTO", "AUTO:CPU", "HETERO:CPU"])
def test_resolves_to_a_concrete_device(device: str) -> None:
    assert resolve(device) == "CPU"


@pytest.mark.parametrize("device", ["GPU.9", "XPU", "AUTO:XPU", "NPU.9"])
def test_an_absent_device_is_named_with_what_there_is(device: str) -> None:
    with pytest.raises(LoadFailed, match=r"no device .*It has CPU.* and AUTO\."):
        resolve(device)


@pytest.mark.parametrize(
    ("device", "available"),
    [
        ("GPU", ["CPU", "GPU.0", "GPU.1"]),
        ("GPU.0", ["CPU", "GPU"]),
        ("AUTO:GPU,CPU", ["CPU", "GPU"]),
    ],
)
def test_a_gpu_is_known_by_both_its_names(device: str, available: list[str]) -> None:
    devices._check_present(device, available)
