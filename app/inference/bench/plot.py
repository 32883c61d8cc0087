"""Figures as a picture, SVG or PNG.

Drawn by a short process of its own, since matplotlib takes 60 MB that would stay. Run as a module,
this is that process: the chart on standard input, the picture on standard output.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.errors import VinoChatError
from app.inference.bench.figures import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Format = Literal["svg", "png"]

_ROOT = Path(__file__).parents[3]
_TIMEOUT_S = 60
_BAR_INCHES, _FRAME_INCHES, _WIDTH_INCHES = 0.24, 1.6, 11
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of one setup in one colour, for the cases in their order; None has no bar."""

    label: str
    rates: list[float | None]
    """Tokens per second of all users together."""
    ttfts: list[float | None]
    """Seconds to the first token, in the median."""


@dataclass(frozen=True, slots=True)
class Chart:
    cases: list[str]
    bars: list[Bars]


def chart(rows: Sequence[Row]) -> Chart:
    """What there is to draw of these rows: setups and cases with any figures at all."""
    found = {(row.setup, row.case): row.measured for row in rows if row.case and row.measured}
    cases = list(dict.fromkeys(case for _, case in found))
    bars = []
    for setup in dict.fromkeys(setup for setup, _ in found):
        each = [found.get((setup, case)) for case in cases]
        rates = [one.total_rate if one else None for one in each]
        bars.append(Bars(str(setup), rates, [one.ttft_s if one else None for one in each]))
    return Chart([str(case) for case in cases], bars)


def render(wanted: Chart, picture: Format) -> bytes:
    """The picture. Takes seconds: not for an event loop. Raises VinoChatError if it fails."""
    command = [sys.executable, "-m", "app.inference.bench.plot", picture]
    try:
        return subprocess.run(  # noqa: S603 (our own module)
            command,
            cwd=_ROOT,
            input=json.dumps(asdict(wanted)).encode(),
            capture_output=True,
            check=True,
            timeout=_TIMEOUT_S,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", b"") or b"").decode(errors="replace").strip()
        why = said.splitlines()[-1] if said else str(error)
        raise VinoChatError(f"The picture could not be drawn: {why}") from error


def draw(wanted: Chart, picture: Format) -> bytes:
    """The picture, drawn here and now."""
    import matplotlib
    from matplotlib.figure import Figure

    # Text as text, and the same bytes for the same figures.
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "vinochat"}
    rows = max(1, len(wanted.cases) * (len(wanted.bars) + 1))
    height = _FRAME_INCHES + _BAR_INCHES * (rows + len(wanted.bars))
    figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    rates, ttfts = figure.subplots(1, 2, sharey=True)
    for place, bars in enumerate(wanted.bars):
        _add(rates, place, len(wanted.bars), bars.label, bars.rates, "{:.1f}")
        _add(ttfts, place, len(wanted.bars), bars.label, bars.ttfts, "{:.2f}")
    rates.set_title("Tokens per second, all users together (more is better)", fontsize="medium")
    ttfts.set_title("Seconds to the first token (less is better)", fontsize="medium")
    rates.set_yticks(range(len(wanted.cases)), wanted.cases)
    rates.invert_yaxis()  # the first case on top
    for axes in (rates, ttfts):
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = rates.get_legend_handles_labels()
    short = [label[-_LONGEST_LABEL:] for label in labels]
    figure.legend(handles, short, loc="outside lower center", frameon=False)
    written = BytesIO()
    metadata = {"Date": None} if picture == "svg" else None
    figure.savefig(written, format=picture, dpi=110, metadata=metadata)
    return written.getvalue()


def _add(
    axes: "Axes", place: int, of: int, label: str, values: list[float | None], form: str
) -> None:
    """One bar in each group; the groups are one apart, and a fifth of that is air."""
    height = 0.8 / of
    middles = [group - 0.4 + height * (place + 0.5) for group in range(len(values))]
    widths = [value or 0 for value in values]
    texts = ["" if value is None else form.format(value) for value in values]
    drawn = axes.barh(middles, widths, height * 0.9, label=label)
    axes.bar_label(drawn, texts, padding=3, fontsize="small")


def main() -> None:
    given = json.load(sys.stdin)
    wanted = Chart(given["cases"], [Bars(**bars) for bars in given["bars"]])
    picture: Format = "svg" if sys.argv[1] == "svg" else "png"
    sys.stdout.buffer.write(draw(wanted, picture))


if __name__ == "__main__":
    main()
