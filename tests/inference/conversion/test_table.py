"""What a conversion made, as text."""

from app.inference.conversion.table import GPU_NOTE, table
from app.inference.conversion.types import Converted, Outcome


def made(weight_format: str, size: int, note: str = "") -> Converted:
    return Converted(weight_format, size, "export", f"make {weight_format}", note)


def test_sizes_and_rates() -> None:
    outcome = Outcome(
        "x",
        (made("int8", 1_571_234_567), made("int4", 900_000_000, "AWQ was skipped.")),
        3_000_000_000,
    )
    assert table(outcome).splitlines() == [
        "weight format  openvino_model.bin  compression rate",
        "int8                   1,571.2 MB             1.909",
        "int4                     900.0 MB             3.333",
        "int4: AWQ was skipped.",
        GPU_NOTE,
    ]
    assert outcome.command == "make int8\nmake int4"


def test_a_rate_that_nobody_knows() -> None:
    outcome = Outcome("x", (made("int4", 900_000_000),))
    assert outcome.rate(outcome.converted[0]) is None
    assert table(outcome).splitlines()[1].endswith("unknown")
