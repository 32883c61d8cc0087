"""How far a job is."""

from typing import Any

from app.inference.conversion.stages import Stages
from app.inference.conversion.types import Compression

PLAN = {
    Compression("int4", awq=True): "export",
    Compression("fp16"): "export",
    Compression("int8"): "ready-made",
}


def test_a_job_goes_from_0_to_1_and_never_back() -> None:
    said: list[Any] = []
    stages = Stages(lambda _kind, value: said.append(value))
    stages.begin("check", "…")
    stages.expect(PLAN, download=True, set_up=True)  # type: ignore[arg-type]
    ready = ["download", "try", "save"]
    exported = ["download", "environment", "export", "compress", "try", "save", "try", "save"]
    for stage in ready + exported:
        stages.begin(stage, "…")  # type: ignore[arg-type]
        stages._told_at = 0
        stages.within(0.5, "half")
        stages._told_at = 0
        stages.within(0.2, "less than before")
    stages.done()
    fractions = [value["fraction"] for value in said]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert 0.98 < fractions[-2] < 1
    assert [value["stage"] for value in said[-4:]] == ["save", "save", "save", "done"]


def test_it_is_told_a_few_times_a_second_at_most() -> None:
    said: list[Any] = []
    stages = Stages(lambda _kind, value: said.append(value))
    stages.begin("check", "…")
    for share in range(100):
        stages.within(share / 100, "…")
    assert len(said) == 1


def test_a_stage_that_nobody_expected_takes_no_room() -> None:
    said: list[Any] = []
    stages = Stages(lambda _kind, value: said.append(value))
    stages.begin("check", "…")
    stages.expect({Compression("fp16"): "export"}, download=False, set_up=False)
    stages.begin("environment", "…")
    before = said[-1]["fraction"]
    stages.begin("export", "…")
    assert said[-1]["fraction"] == before
