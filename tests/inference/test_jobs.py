"""The queue of conversions, over a scripted conversion."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.config import Settings
from app.errors import (
    ConversionFailed,
    InvalidParameter,
    NotFound,
    RetryLater,
    UnknownModel,
    VinoChatError,
)
from app.inference import jobs as jobs_module
from app.inference.conversion.types import Compression, ConversionRequest, Outcome, Progress
from app.inference.jobs import Job, Jobs
from app.inference.types import EngineInfo, ModelRef, ServiceState, Serving, Target
from tests.conversions import FakeConversion
from tests.scripted import until

pytestmark = pytest.mark.anyio

IDLE = ServiceState("ready")
INFO = EngineInfo("genai", "CPU", 2048, 65536, 16)


def asked(model_id: str = "one", *formats: str) -> ConversionRequest:
    made = tuple(Compression(one) for one in formats or ("int8",))
    return ConversionRequest(f"somebody/{model_id}", model_id, made)


@pytest.fixture
def conversion() -> FakeConversion:
    return FakeConversion()


@pytest.fixture
async def jobs(tmp_path: Path, conversion: FakeConversion) -> AsyncIterator[Jobs]:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, hf_token="", hf_endpoint="http://hub.example"
    )
    jobs = Jobs(settings, conversion)
    yield jobs
    await jobs.stop()


async def end_of(jobs: Jobs, job: Job) -> Job:
    await until(lambda: not jobs.job(job.number).active)
    return jobs.job(job.number)


async def test_a_job_runs_with_progress_to_its_outcome(
    jobs: Jobs, conversion: FakeConversion
) -> None:
    conversion.hold = True
    job = jobs.submit(asked("one", "fp16", "int8"), "ada")
    await until(lambda: jobs.job(job.number).progress.fraction == 0.5)
    running = jobs.job(job.number)
    assert (running.state, running.progress.stage) == ("running", "download")
    conversion.go_on()
    done = await end_of(jobs, job)
    assert done.state == "done"
    assert done.outcome is not None
    assert [one.weight_format for one in done.outcome.converted] == ["fp16", "int8"]
    assert conversion.asked[0].endpoint == "http://hub.example"


async def test_one_runs_and_the_others_wait_in_order(
    jobs: Jobs, conversion: FakeConversion
) -> None:
    conversion.hold = True
    first, second, third = (jobs.submit(asked(name), "ada") for name in ("a", "b", "c"))
    await until(lambda: jobs.job(first.number).state == "running")
    assert [job.state for job in jobs.jobs] == ["waiting", "waiting", "running"]
    assert [job.request.model_id for job in jobs.jobs] == ["c", "b", "a"]
    conversion.go_on()
    await end_of(jobs, third)
    assert [one.request.model_id for one in conversion.asked] == ["a", "b", "c"]
    assert conversion.most_at_once == 1
    assert (await end_of(jobs, second)).state == "done"


async def test_the_same_model_and_format_is_refused_while_it_is_made(
    jobs: Jobs, conversion: FakeConversion
) -> None:
    conversion.hold = True
    job = jobs.submit(asked("one", "int8"), "ada")
    with pytest.raises(RetryLater, match=r"one \(int8\) is being prepared already"):
        jobs.submit(asked("one", "int4", "int8"), "bob")
    other = jobs.submit(asked("one", "int4"), "bob")
    conversion.go_on()
    await end_of(jobs, job)
    await end_of(jobs, other)
    jobs.submit(asked("one", "int8"), "bob")


async def test_what_is_installed_is_not_made_again(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "models" / "one" / "int8").mkdir(parents=True)
    with pytest.raises(InvalidParameter, match="installed already"):
        jobs.submit(asked("one", "int8"), "ada")
    assert jobs.jobs == ()


async def test_too_many_waiting_are_refused(
    jobs: Jobs, conversion: FakeConversion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "MAX_WAITING", 1)
    conversion.hold = True
    job = jobs.submit(asked("a"), "ada")
    await until(lambda: jobs.job(job.number).state == "running")
    jobs.submit(asked("b"), "ada")
    with pytest.raises(RetryLater, match="1 jobs wait"):
        jobs.submit(asked("c"), "ada")


async def test_nobody_takes_all_places(jobs: Jobs, conversion: FakeConversion) -> None:
    conversion.hold = True
    for number in range(jobs_module.MAX_EACH):
        jobs.submit(asked(f"a{number}"), "ada")
    with pytest.raises(RetryLater, match="of yours wait"):
        jobs.submit(asked("one-more"), "ada")
    jobs.submit(asked("one-more"), "bob")


async def test_a_running_job_is_cancelled_and_the_next_one_runs(
    jobs: Jobs, conversion: FakeConversion
) -> None:
    conversion.hold = True
    first, second = jobs.submit(asked("a"), "ada"), jobs.submit(asked("b"), "ada")
    await until(lambda: jobs.job(first.number).state == "running")
    jobs.cancel(first.number)
    assert (await end_of(jobs, first)).state == "cancelled"
    assert conversion.cleaned_up == ["a"]
    await until(lambda: jobs.job(second.number).state == "running")
    conversion.go_on()
    assert (await end_of(jobs, second)).state == "done"


async def test_whoever_is_impatient_does_not_disturb_the_cleaning_up(tmp_path: Path) -> None:
    cancels: list[str] = []

    async def run(*_asked: object, **_how: object) -> Outcome:
        for _ in range(2):
            try:
                await asyncio.sleep(0.1 if cancels else 60)
            except asyncio.CancelledError:
                cancels.append("cancelled")
        raise asyncio.CancelledError

    jobs = Jobs(Settings(_env_file=None, data_dir=tmp_path), run)
    job = jobs.submit(asked(), "ada")
    await until(lambda: jobs.job(job.number).state == "running")
    await asyncio.sleep(0)
    for _ in range(3):
        assert jobs.cancel(job.number).state == "running"
        await asyncio.sleep(0.01)
    await jobs.stop()
    assert jobs.job(job.number).state == "cancelled"
    assert cancels == ["cancelled"]


async def test_a_waiting_job_is_cancelled_without_having_run(
    jobs: Jobs, conversion: FakeConversion
) -> None:
    conversion.hold = True
    first, second = jobs.submit(asked("a"), "ada"), jobs.submit(asked("b"), "ada")
    assert jobs.cancel(second.number).state == "cancelled"
    conversion.go_on()
    await end_of(jobs, first)
    assert jobs.cancel(first.number).state == "done", "what is over stays as it is"
    assert [one.request.model_id for one in conversion.asked] == ["a"]
    with pytest.raises(NotFound):
        jobs.cancel(99)


async def test_a_failure_keeps_its_reason_and_the_end_of_its_log(
    jobs: Jobs, conversion: FakeConversion
) -> None:
    conversion.error = ConversionFailed("There is no such model.", ("line 1", "line 2"))
    failed = await end_of(jobs, jobs.submit(asked("a"), "ada"))
    assert (failed.state, failed.error) == ("failed", "There is no such model.")
    assert failed.log == ("line 1", "line 2")
    conversion.error = None
    assert (await end_of(jobs, jobs.submit(asked("a"), "ada"))).state == "done"


async def test_a_failure_without_a_log_of_its_own_shows_what_was_heard(
    jobs: Jobs, conversion: FakeConversion
) -> None:
    conversion.lines = [f"line {n}" for n in range(100)]
    for error in (VinoChatError("No."), ValueError("a bug")):
        conversion.error = error
        failed = await end_of(jobs, jobs.submit(asked("a"), "ada"))
        assert failed.log == tuple(conversion.lines[-40:])
    assert failed.error.startswith("The conversion failed unexpectedly"), "not the bug's own words"


async def test_tokens_reach_the_conversion_and_nobody_else(
    jobs: Jobs, conversion: FakeConversion
) -> None:
    conversion.hold = True
    first = jobs.submit(asked("a"), "ada", token="hf_first")
    second = jobs.submit(asked("b"), "ada", token="hf_second")
    assert "hf_" not in repr(jobs.jobs)
    jobs.cancel(second.number)
    conversion.go_on()
    await end_of(jobs, first)
    assert [one.token for one in conversion.asked] == ["hf_first"]
    kept = repr(vars(jobs))
    assert "hf_first" not in kept, "forgotten with the job"
    assert "hf_second" not in kept


async def test_the_servers_token_is_taken_where_nobody_gave_one(tmp_path: Path) -> None:
    conversion = FakeConversion()
    jobs = Jobs(Settings(_env_file=None, data_dir=tmp_path, hf_token="hf_ours"), conversion)
    await end_of(jobs, jobs.submit(asked(), "ada"))
    assert conversion.asked[0].token == "hf_ours"
    await jobs.stop()


async def test_old_jobs_are_forgotten(
    jobs: Jobs, conversion: FakeConversion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "MAX_KEPT", 3)
    for _ in range(5):
        last = jobs.submit(asked(), "ada")
        await end_of(jobs, last)
    assert [job.number for job in jobs.jobs] == [5, 4, 3]


async def test_the_end_of_the_app_ends_the_jobs(jobs: Jobs, conversion: FakeConversion) -> None:
    conversion.hold = True
    first, second = jobs.submit(asked("a"), "ada"), jobs.submit(asked("b"), "ada")
    await until(lambda: jobs.job(first.number).state == "running")
    await jobs.stop()
    assert {jobs.job(job.number).state for job in (first, second)} == {"cancelled"}
    assert conversion.cleaned_up == ["a"]
    with pytest.raises(RetryLater, match="shutting down"):
        jobs.submit(asked("c"), "ada")


async def test_what_is_in_use_is_not_deleted(jobs: Jobs, conversion: FakeConversion) -> None:
    ref = ModelRef("one", "int8")
    serving = ServiceState("ready", Serving(ref, "CPU", INFO))
    with pytest.raises(InvalidParameter, match="is loaded"):
        await jobs.delete(ref, serving)
    loading = ServiceState("loading", target=Target(ref, "CPU"))
    with pytest.raises(InvalidParameter, match="is being loaded"):
        await jobs.delete(ref, loading)
    conversion.hold = True
    jobs.submit(asked("one", "int8"), "ada")
    with pytest.raises(InvalidParameter, match="is being converted"):
        await jobs.delete(ref, IDLE)
    with pytest.raises(UnknownModel):
        await jobs.delete(ModelRef("other", "int8"), IDLE)


async def test_what_is_not_in_use_is_deleted(jobs: Jobs, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "one" / "int8"
    folder.mkdir(parents=True)
    for name in ("openvino_model.xml", "openvino_model.bin", "tokenizer.json"):
        (folder / name).touch()
    (folder / "config.json").write_text('{"model_type": "llama"}')
    await jobs.delete(ModelRef("one", "int8"), IDLE)
    assert not folder.exists()


def test_a_job_says_what_it_makes() -> None:
    job = Job(1, asked("one", "int8", "int4"), "ada", "waiting", Progress("waiting", 0, ""))
    assert job.refs == (ModelRef("one", "int8"), ModelRef("one", "int4"))
