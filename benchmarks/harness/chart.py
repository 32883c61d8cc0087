"""Curves as a small SVG, written by hand: panels one under the other, each x a doubling or so."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 32, 40
_COLOURS = ("#1f5fbf", "#c2571a", "#3c7d3c")
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: curves by name over a logarithmic x axis, from 0 up."""

    title: str
    x_label: str
    curves: Mapping[str, Sequence[Point]]


def svg(panels: Sequence[Panel]) -> str:
    """All panels in one picture."""
    drawn = "".join(
        f'<g transform="translate(0 {number * _HEIGHT})">{_draw(panel)}</g>'
        for number, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT * len(panels)}" '
        f'font-family="sans-serif" font-size="12" fill="#444">'
        f'<rect width="100%" height="100%" fill="white"/>{drawn}</svg>\n'
    )


def _draw(panel: Panel) -> str:
    points = [point for curve in panel.curves.values() for point in curve]
    marks = sorted({x for x, _ in points})
    low, high = math.log2(marks[0]), math.log2(marks[-1])
    top = _round_up(max(y for _, y in points))

    def place(point: Point) -> tuple[float, float]:
        share = (math.log2(point[0]) - low) / ((high - low) or 1)
        height = _HEIGHT - _TOP - _BOTTOM
        return (
            round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1),
            round(_HEIGHT - _BOTTOM - height * point[1] / top, 1),
        )

    parts = [f'<text x="{_LEFT}" y="16" font-weight="bold">{escape(panel.title)}</text>']
    for rung in (0.0, top / 2, top):
        (left, y), (right, _) = place((marks[0], rung)), place((marks[-1], rung))
        parts.append(f'<path d="M{left} {y}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{rung:g}</text>')
    for mark in marks:
        x, y = place((mark, 0))
        parts.append(f'<text x="{x}" y="{y + 16}" text-anchor="middle">{mark:g}</text>')
    middle, floor = (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8
    label = escape(panel.x_label)
    parts.append(f'<text x="{middle}" y="{floor}" text-anchor="middle">{label}</text>')
    for number, (name, curve) in enumerate(panel.curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        line = " ".join(f"{x},{y}" for x, y in map(place, curve))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(panel.curves) > 1:
            at = _WIDTH - _RIGHT - 110 * (len(panel.curves) - number - 1)
            parts.append(
                f'<text x="{at}" y="16" text-anchor="end" fill="{colour}">{escape(name)}</text>'
            )
    return "".join(parts)


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 with zeros, so that the axis has readable marks."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, 2, 5, 10) if value <= step * unit * (1 + 1e-9))
