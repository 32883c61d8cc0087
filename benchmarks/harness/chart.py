"""Curves as an SVG: panels one under the other, each over an axis of doublings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

import matplotlib
from matplotlib.figure import Figure

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: curves by name, from 0 up."""

    title: str
    x_label: str
    curves: Mapping[str, Sequence[Point]]


def svg(panels: Sequence[Panel]) -> str:
    """All panels in one picture; the same figures give the same bytes."""
    # Text stays text, which is smaller and can be searched.
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "vinochat"}
    figure = Figure(figsize=(8, 2.6 * len(panels)), layout="constrained")
    for panel, axes in zip(panels, figure.subplots(len(panels), squeeze=False).flat, strict=True):
        for name, curve in panel.curves.items():
            xs, ys = zip(*curve, strict=True)
            axes.plot(xs, ys, marker="o", label=name)
        marks = sorted({x for curve in panel.curves.values() for x, _ in curve})
        axes.set_xscale("log", base=2)
        axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
        axes.set_ylim(0, 1.1 * max(y for curve in panel.curves.values() for _, y in curve))
        axes.set_title(panel.title, fontsize="medium")
        axes.set_xlabel(panel.x_label)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        if len(panel.curves) > 1:
            axes.legend(frameon=False)
    written = StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()
