"""What tuning tries on a device, and why no more than that.

Never tried: whatever computes less exactly than the default does, and what costs others memory.
- A KV cache of fewer bits (u4) is less exact; one of more bits holds half or a quarter of the
  tokens in the same memory, and gained nothing where it was measured.
- PERFORMANCE_HINT=THROUGHPUT and several streams take turns where continuous batching runs all
  requests in one step: half the speed, whenever it was measured.
More than 512 tokens a step would let other people's streams pause for too long while a prompt is
read. Nothing here measures.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.inference.processors import Processors
from app.inference.types import EngineSpec

BATCHES = (128, 512)
_EXACT = ("", "f32")


@dataclass(frozen=True, slots=True)
class Changes:
    """How a tuned engine differs from the default one; without anything in it, it is the default.

    `words` say it for people, one phrase for each change, like "f32 instead of bf16".
    """

    words: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    max_batched_tokens: int | None = None

    def __bool__(self) -> bool:
        return bool(self.properties or self.max_batched_tokens)

    def __str__(self) -> str:
        return " and ".join(self.words) or "the default settings"

    def with_(self, other: "Changes") -> "Changes":
        """Both together; they change different things."""
        return Changes(
            (*self.words, *other.words),
            {**self.properties, **other.properties},
            other.max_batched_tokens or self.max_batched_tokens,
        )

    def apply(self, spec: EngineSpec) -> EngineSpec:
        """The specification with these changes. What it sets already stands: a catalogue's hint is
        there because the model is wrong without it."""
        return replace(
            spec,
            properties={**self.properties, **spec.properties},
            max_batched_tokens=self.max_batched_tokens or spec.max_batched_tokens,
        )


def knobs(
    spec: EngineSpec, device: str, precision: str, here: Processors
) -> list[tuple[Changes, ...]]:
    """What is worth trying, what helps most first; of each knob's values at most one is taken.

    `device` is a concrete one and `precision` what it computes in by default, "" if unknown.
    """
    found = _of_a_cpu(precision, here) if device == "CPU" else []
    found.append((_property("no dynamic quantization", DYNAMIC_QUANTIZATION_GROUP_SIZE="0"),))
    if spec.kind == "genai":
        found.append(tuple(_batch(size, spec) for size in BATCHES))
    allowed = (
        tuple(c for c in values if not c.properties.keys() & spec.properties.keys())
        for values in found
    )
    return [values for values in allowed if values]


def _of_a_cpu(precision: str, here: Processors) -> list[tuple[Changes, ...]]:
    found: list[tuple[Changes, ...]] = []
    if precision not in _EXACT:
        # It costs prefill and can double decoding: bf16 pays where much is computed at once.
        words = f"f32 instead of {precision}"
        found.append((_property(words, INFERENCE_PRECISION_HINT="f32"),))
    found.append(tuple(_threads(here)))
    if here.hybrid:
        found.append(
            (
                _property("fast cores only", SCHEDULING_CORE_TYPE="PCORE_ONLY"),
                _property("cores of both kinds", SCHEDULING_CORE_TYPE="ANY_CORE"),
            )
        )
    # Pinned threads wait for their core where other programs use it.
    found.append((_property("threads that may change cores", ENABLE_CPU_PINNING="NO"),))
    return found


def _threads(here: Processors) -> Iterator[Changes]:
    """OpenVINO takes one for each core. With a smaller share of the machine those are too many; a
    core left free serves the web process; and a core that runs two threads may do a little more."""
    if here.share is not None:
        yield _property(f"{here.share} threads", INFERENCE_NUM_THREADS=str(here.share))
        return
    if here.cores > 2:
        fewer = here.cores - 1
        yield _property(f"{fewer} threads", INFERENCE_NUM_THREADS=str(fewer))
    if here.threads > here.cores and not here.hybrid:
        yield _property(
            f"{here.threads} threads",
            INFERENCE_NUM_THREADS=str(here.threads),
            ENABLE_HYPER_THREADING="YES",
        )


def _property(words: str, **properties: str) -> Changes:
    return Changes((words,), properties)


def _batch(size: int, spec: EngineSpec) -> Changes:
    words = f"{size} tokens a step instead of {spec.max_batched_tokens}"
    return Changes((words,), max_batched_tokens=size)
