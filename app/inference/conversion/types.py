"""What is asked of a conversion and what it tells: dataclasses that cross process borders."""

from dataclasses import dataclass
from typing import Literal

Way = Literal["ready-made", "export", "older-export"]
"""How an OpenVINO model comes about: downloaded as it is (`ready-made`), exported by the libraries
installed here (`export`), or exported by older ones in an environment of their own
(`older-export`)."""

Stage = Literal[
    "waiting", "check", "download", "environment", "export", "compress", "try", "save", "done"
]


@dataclass(frozen=True, slots=True)
class Compression:
    """How weights are compressed. The last four matter for int4 only.

    `ratio` is the share of layers that become int4, the rest stays int8; `sym` leaves out the zero
    point, which is faster on some devices and a little less exact; `group_size` -1 is one scale a
    channel. `awq` shifts weights before they are rounded, by a calibration text.
    """

    weight_format: str
    group_size: int = 128
    ratio: float = 1.0
    sym: bool = False
    awq: bool = False


@dataclass(frozen=True, slots=True)
class ConversionRequest:
    """One job: which model, from where, in which formats.

    `source` is a hub id (`Qwen/Qwen2-1.5B-Instruct`) or the absolute path of a checkpoint's folder;
    `model_id` names the folder under `models/` that the formats go to. `calibration` is a text file
    or a hub data set for AWQ; empty for the text that ships.
    """

    source: str
    model_id: str
    formats: tuple[Compression, ...]
    revision: str | None = None
    trust_remote_code: bool = False
    calibration: str = ""
    way: Way | None = None
    """None for the best one; otherwise the one to take, or to fail with the reason."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `fraction` of the whole, from 0 to 1, and a sentence for people.

    `command` does the same by hand, a line for each way; empty until the ways are decided, which
    takes a look at the source.
    """

    stage: str
    fraction: float
    message: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """One line of the table at the end. `model_bytes` is the size of all `openvino_*model.bin`.

    `command` makes the same by hand.
    """

    weight_format: str
    model_bytes: int
    way: Way
    command: str
    note: str = ""
    """What a person should know, for example that AWQ found no layer to work on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job made. `fp16_bytes` is the size without compression, 0 where it is not known."""

    model_id: str
    converted: tuple[Converted, ...]
    fp16_bytes: int = 0
    revision: str = ""
    """The commit of the hub that was downloaded; empty for a folder."""

    @property
    def way(self) -> Way:
        """How the first of the formats came about."""
        return self.converted[0].way

    @property
    def command(self) -> str:
        """What makes the same by hand, a line each."""
        return "\n".join(dict.fromkeys(one.command for one in self.converted))

    def rate(self, converted: Converted) -> float | None:
        """How many times smaller than fp16; None where that is not known."""
        if not self.fp16_bytes or not converted.model_bytes:
            return None
        return self.fp16_bytes / converted.model_bytes
