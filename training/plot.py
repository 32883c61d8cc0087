"""The loss of a run as a picture: `log.jsonl` to a small SVG, written by hand.

python -m training.plot --run training/runs/small --out training/loss.svg
"""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 320, 56, 40, 24
Point = tuple[float, float]


def points(log: Path) -> list[Point]:
    """Millions of tokens and loss, line by line."""
    entries = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    return [(entry["tokens"] / 1e6, entry["loss"]) for entry in entries]


def smooth(curve: Sequence[Point], keep: float = 0.75) -> list[Point]:
    """A running average, which starts at the first loss."""
    made: list[Point] = []
    for at, loss in curve:
        made.append((at, keep * made[-1][1] + (1 - keep) * loss if made else loss))
    return made


def picture(curve: Sequence[Point]) -> str:
    """An SVG with a logarithmic loss axis, the raw curve pale and its average strong."""
    right = max(at for at, _ in curve)
    low = math.log10(min(loss for _, loss in curve)) - 0.05
    high = math.log10(max(loss for _, loss in curve)) + 0.05

    def place(point: Point) -> str:
        x = _LEFT + (_WIDTH - _LEFT - 16) * point[0] / right
        share = (math.log10(point[1]) - low) / (high - low)
        return f"{x:.1f},{_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * share:.1f}"

    def line(of: Sequence[Point], style: str) -> str:
        return f'<polyline fill="none" points="{" ".join(map(place, of))}" {style}/>'

    def label(point: Point, text: str, shift: str) -> str:
        x, y = place(point).split(",")
        return f'<text x="{x}" y="{y}" {shift}>{text}</text>'

    rungs = [rung for rung in (0.1, 0.2, 0.5, 1, 2, 5, 10) if low <= math.log10(rung) <= high]
    floor, marks = 10**low, [right * part / 4 for part in range(5)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#444">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        *(line([(0, rung), (right, rung)], 'stroke="#ddd"') for rung in rungs),
        *(label((0, rung), f"{rung:g}", 'dx="-8" dy="4" text-anchor="end"') for rung in rungs),
        *(label((at, floor), f"{at:.1f}", 'dy="16" text-anchor="middle"') for at in marks),
        label((right / 2, floor), "million tokens", 'dy="32" text-anchor="middle"'),
        '<text x="8" y="14">loss</text>',
        line(curve, 'stroke="#c9d8f0"'),
        line(smooth(curve), 'stroke="#1f5fbf" stroke-width="2"'),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(description="Draw the loss of a run.")
    parser.add_argument("--run", type=Path, default=Path("training/runs/small"))
    parser.add_argument("--out", type=Path, default=Path("training/loss.svg"))
    options = parser.parse_args()
    options.out.write_text(picture(points(options.run / "log.jsonl")), encoding="utf-8")
    print(f"{options.out} written")


if __name__ == "__main__":
    main()
