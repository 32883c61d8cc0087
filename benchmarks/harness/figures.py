"""Figures with their spread and their aim, and the block that every benchmark ends with."""

import json
import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"
_VERSIONS = ("openvino", "openvino-genai", "optimum-intel", "transformers", "torch", "gradio")


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should be: at least or at most `bound`."""

    bound: float
    at_least: bool

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g}"


def at_least(bound: float) -> Aim:
    return Aim(bound, at_least=True)


def at_most(bound: float) -> Aim:
    return Aim(bound, at_least=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result: what was measured, its value, and the lowest and highest round."""

    name: str
    value: float
    unit: str = ""
    spread: tuple[float, float] | None = None
    aim: Aim | None = None

    @classmethod
    def median(
        cls, name: str, values: Sequence[float], unit: str = "", aim: Aim | None = None
    ) -> "Figure":
        """The median of some rounds."""
        return cls(name, statistics.median(values), unit, (min(values), max(values)), aim)

    @property
    def verdict(self) -> str:
        if self.aim is None:
            return ""
        return f"aim {self.aim}: {'holds' if self.aim.holds(self.value) else 'does not hold'}"

    def line(self, width: int) -> str:
        spread = "({} to {})".format(*map(_short, self.spread)) if self.spread else ""
        value = f"{_short(self.value):>8} {self.unit}"
        return f"  {self.name:<{width}} {value:<18} {spread:<20} {self.verdict}".rstrip()


def ratio(
    name: str, ours: Sequence[float], theirs: Sequence[float], aim: Aim | None = None
) -> Figure:
    """The median of the ratios round by round: what slows a whole round down weighs nothing."""
    return Figure.median(name, [a / b for a, b in zip(ours, theirs, strict=True)], aim=aim)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]


@dataclass(slots=True)
class Report:
    """What one benchmark found; `notes` are sentences on how it was measured, `picture` an SVG."""

    name: str
    title: str
    notes: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    picture: str = ""

    def add(self, *figures: Figure) -> None:
        self.figures.extend(figures)

    def block(self) -> str:
        """The result as text, with the machine and the versions under it."""
        width = max(len(figure.name) for figure in self.figures)
        lines = [figure.line(width) for figure in self.figures]
        return "\n".join([f"\n{self.title}", *lines, *self.notes, machine(), versions()])

    def as_json(self) -> dict[str, Any]:
        return {
            "benchmark": self.name,
            "title": self.title,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "versions": versions(),
            "notes": self.notes,
            "figures": [
                {
                    "name": figure.name,
                    "value": figure.value,
                    "unit": figure.unit,
                    "lowest": figure.spread[0] if figure.spread else None,
                    "highest": figure.spread[1] if figure.spread else None,
                    "aim": str(figure.aim) if figure.aim else None,
                    "holds": figure.aim.holds(figure.value) if figure.aim else None,
                }
                for figure in self.figures
            ],
        }

    def save(self) -> Path:
        """Write the result as JSON, and its picture beside it, over those of the run before."""
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps(self.as_json(), indent=2) + "\n", encoding="utf-8")
        if self.picture:
            path.with_suffix(".svg").write_text(self.picture, encoding="utf-8")
        return path


def machine() -> str:
    """This machine in a line."""
    return f"Machine: {cpu_name()}, {os.cpu_count()} cores, {platform.system()}"


def cpu_name() -> str:
    for line in _cpu_info():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def cpu_can(feature: str) -> bool:
    """Whether the CPU says that it has an instruction set, such as `amx_bf16`; Linux only."""
    return any(line.startswith("flags") and feature in line.split() for line in _cpu_info())


def _cpu_info() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def versions() -> str:
    """Python and the libraries that the figures depend on."""
    named = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    return f"Versions: Python {platform.python_version()}, {named}"


def _short(value: float) -> str:
    """Three digits that say something."""
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
