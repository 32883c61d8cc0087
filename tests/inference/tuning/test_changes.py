"""What is tried where, and how it is put into an engine's specification."""

import pytest

from app.inference.processors import Processors
from app.inference.tuning.changes import BATCHES, Changes, knobs
from app.inference.types import EngineKind, EngineSpec

SMALL = Processors("Any CPU", cores=2, threads=2)
# What would compute less exactly, or was slower whenever it was measured.
NEVER = {"KV_CACHE_PRECISION", "PERFORMANCE_HINT", "NUM_STREAMS", "EXECUTION_MODE_HINT"}


def spec(kind: EngineKind = "genai", **properties: str) -> EngineSpec:
    return EngineSpec("model", "CPU", kind, 16, 2**30, properties)


def tried(
    here: Processors = SMALL,
    device: str = "CPU",
    precision: str = "f32",
    of: EngineSpec | None = None,
) -> list[Changes]:
    return [value for values in knobs(of or spec(), device, precision, here) for value in values]


def names(found: list[Changes]) -> set[str]:
    return {name for changes in found for name in changes.properties}


@pytest.mark.parametrize(("precision", "offered"), [("bf16", True), ("f16", True), ("f32", False)])
def test_f32_is_tried_where_it_is_more_exact_than_the_default(
    precision: str, offered: bool
) -> None:
    words = [changes.words for changes in tried(precision=precision)]
    assert ((f"f32 instead of {precision}",) in words) == offered
    assert {"INFERENCE_PRECISION_HINT": "f32"} in [c.properties for c in tried(precision="f16")]


@pytest.mark.parametrize(
    ("here", "counts"),
    [
        (SMALL, set()),
        (Processors("", 8, 8), {"7"}),
        (Processors("", 8, 16), {"7", "16"}),
        (Processors("", 16, 24, hybrid=True), {"15"}),
        (Processors("", 32, 64, share=4), {"4"}),
    ],
)
def test_numbers_of_threads_that_make_sense(here: Processors, counts: set[str]) -> None:
    found = [changes.properties.get("INFERENCE_NUM_THREADS") for changes in tried(here)]
    assert {count for count in found if count} == counts


def test_cores_of_two_kinds_are_told_apart() -> None:
    here = Processors("", 16, 24, hybrid=True)
    kinds = {changes.properties.get("SCHEDULING_CORE_TYPE") for changes in tried(here)}
    assert kinds == {None, "PCORE_ONLY", "ANY_CORE"}
    assert "SCHEDULING_CORE_TYPE" not in names(tried(SMALL))


def test_a_gpu_is_not_asked_for_what_belongs_to_processors() -> None:
    found = tried(device="GPU.0", precision="f16")
    assert names(found) == {"DYNAMIC_QUANTIZATION_GROUP_SIZE"}
    assert {changes.max_batched_tokens for changes in found} == {None, *BATCHES}


def test_only_continuous_batching_has_batches() -> None:
    assert not any(changes.max_batched_tokens for changes in tried(of=spec("optimum")))


def test_nothing_is_less_exact_than_the_default() -> None:
    machines = (SMALL, Processors("", 16, 24, hybrid=True), Processors("", 8, 16, share=2))
    for here in machines:
        for found in tried(here, precision="bf16"):
            assert not found.properties.keys() & NEVER
            assert found.properties.get("INFERENCE_PRECISION_HINT", "f32") == "f32"
            assert found.properties.get("DYNAMIC_QUANTIZATION_GROUP_SIZE", "0") == "0"


def test_what_the_catalogue_says_stands() -> None:
    hinted = spec(INFERENCE_PRECISION_HINT="f32")
    assert "INFERENCE_PRECISION_HINT" not in names(tried(precision="bf16", of=hinted))
    remembered = Changes(("bf16",), {"INFERENCE_PRECISION_HINT": "bf16", "OTHER": "1"})
    applied = remembered.apply(hinted)
    assert applied.properties == {"INFERENCE_PRECISION_HINT": "f32", "OTHER": "1"}


def test_changes_add_up_and_nothing_is_the_default() -> None:
    both = Changes(("one",), {"A": "1"}).with_(Changes(("two",), max_batched_tokens=512))
    assert str(both) == "one and two"
    applied = both.apply(spec())
    assert (applied.properties, applied.max_batched_tokens) == ({"A": "1"}, 512)
    assert Changes().apply(spec()) == spec()
    assert not Changes()
    assert str(Changes()) == "the default settings"
