"""What a conversion made, as lines of text for the terminal and the page."""

from app.inference.conversion.types import Converted, Outcome

GPU_NOTE = (
    "int8 and int4 need less memory. On a discrete GPU they may bring no speed-up over fp16: "
    "measure with the model that you use."
)
_HEADER = ("weight format", "openvino_model.bin", "compression rate")


def rows(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Weight format, size in MB and how many times smaller than fp16, for each format made."""
    return [(one.weight_format, _size(one), _rate(outcome, one)) for one in outcome.converted]


def table(outcome: Outcome) -> str:
    """Every format with its size and compression rate, then the notes."""
    lines = [_HEADER, *rows(outcome)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    text = [
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    notes = [f"{one.weight_format}: {one.note}" for one in outcome.converted if one.note]
    return "\n".join([*text, *notes, GPU_NOTE])


def _size(converted: Converted) -> str:
    return f"{converted.model_bytes / 1e6:,.1f} MB"


def _rate(outcome: Outcome, converted: Converted) -> str:
    rate = outcome.rate(converted)
    return "unknown" if rate is None else f"{rate:.3f}"
