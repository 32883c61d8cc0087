"""The Models page: handlers as events call them, with rights, over a scripted conversion."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from app.errors import ConversionFailed
from app.inference import catalogue
from app.inference.jobs import Jobs
from app.inference.measurements import Measurements, Sample
from app.inference.orders import recommended_format
from app.inference.types import ModelRef
from app.pages.models import ModelsPage
from app.pages.serving import Frame
from app.pages.switching import Switching
from app.services import Services
from tests.conversions import FakeConversion
from tests.pages.conftest import As
from tests.pages.fakes import FakeInference
from tests.scripted import until

pytestmark = pytest.mark.anyio

QWEN = "qwen2.5-0.5b-instruct"
ELSE = "qwen2-1.5b-instruct"


@pytest.fixture
def conversion() -> FakeConversion:
    return FakeConversion()


@pytest.fixture
async def services(services: Services, conversion: FakeConversion) -> AsyncIterator[Services]:
    services = replace(services, jobs=Jobs(services.settings, conversion))
    yield services
    await services.jobs.stop()


@pytest.fixture
async def page(services: Services) -> ModelsPage:
    return built(services)


def built(services: Services, **settings: str) -> ModelsPage:
    """The page of a server with those settings."""
    services = replace(services, settings=services.settings.model_copy(update=settings))
    page = ModelsPage(services, Switching(services))
    with gr.Blocks() as blocks:
        page.build(Frame(blocks, gr.Markdown()))
    return page


def ordered(page: ModelsPage, source: str, **more: Any) -> dict[Any, Any]:
    """What the browser sends with the form, by the names of its fields."""
    form = page.form
    return {form.source: source} | {getattr(form, name): value for name, value in more.items()}


async def install(page: ModelsPage, request: gr.Request, source: str, **more: Any) -> str:
    return await page.form.install(ordered(page, source, **more), request)


def folder_of(services: Services, model_id: str, weight_format: str) -> Path:
    """A model on the disk, as far as the page looks at it."""
    folder = services.settings.models_dir / model_id / weight_format
    folder.mkdir(parents=True)
    return folder


# Installed models


async def test_the_table_shows_what_is_there_what_is_loaded_and_how_fast_it_was(
    page: ModelsPage, services: Services, asking: As
) -> None:
    measurements = Measurements(services.settings.data_dir)
    for speed in (30.0, 42.25):
        measurements.record("built-in", "int8", "CPU", Sample(speed, 1))
    table, dropdown, delete = await page.installed.show(asking())
    rows = table.splitlines()
    loaded = "| built-in | int8 | 9.4 MB | 2,048 tokens | genai | 36 tokens/s (CPU) | **loaded** |"
    assert loaded in rows
    assert sum("**loaded**" in row for row in rows) == 1
    assert any("made when first loaded" in row and "not measured yet" in row for row in rows)
    assert dropdown["value"] == "built-in/int8"  # type: ignore[index]
    assert delete["visible"]  # type: ignore[index]


async def test_the_table_says_how_what_is_loaded_is_tuned(
    page: ModelsPage, inference: FakeInference, asking: As
) -> None:
    assert inference.state.serving is not None
    tuned = replace(inference.state.serving, tuning="f32 instead of bf16")
    inference.state = replace(inference.state, serving=tuned)
    table, _, _ = await page.installed.show(asking())
    assert table.count("**loaded**, tuned: f32 instead of bf16 |") == 1


async def test_a_table_that_has_not_changed_is_not_sent_again(
    page: ModelsPage, inference: FakeInference, asking: As
) -> None:
    table, _, _ = await page.installed.show(asking())
    chosen = "built-in/int8"
    assert await page.installed.look(table, chosen, asking()) == (gr.skip(), gr.skip())
    await inference.switch(ModelRef(QWEN, "int4"))
    changed, dropdown = await page.installed.look(table, chosen, asking())
    assert f"| {QWEN} | int4 |" in str(changed)
    assert "value" not in dropdown, "what was chosen stays"  # type: ignore[operator]
    _, dropdown = await page.installed.look(table, None, asking())
    assert dropdown["value"] == f"{QWEN}/int4"  # type: ignore[index]


async def test_another_model_is_loaded(
    page: ModelsPage, inference: FakeInference, asking: As
) -> None:
    lines = [line async for line in page.installed.load(f"{QWEN}/int4", asking())]
    assert inference.switches == [(ModelRef(QWEN, "int4"), None)]
    assert lines[-1] == f"**Ready** · {QWEN} · int4 · CPU"


async def test_loading_follows_who_may_switch(
    services: Services, inference: FakeInference, asking: As
) -> None:
    page = built(services, who_may_switch="admins")
    asking("ada")
    updates = page.installed.load(f"{QWEN}/int4", asking("bob"))
    assert str(await anext(updates)).startswith("**Ready** · built-in")
    with pytest.raises(gr.Error, match="Only admins"):
        await anext(updates)
    assert inference.switches == []


async def test_deleting_asks_once_more_and_says_what_it_frees(
    page: ModelsPage, services: Services, asking: As
) -> None:
    folder = folder_of(services, QWEN, "int4")
    confirm, question = await page.installed.ask(f"{QWEN}/int4", asking())
    assert confirm["visible"]  # type: ignore[index]
    assert question == f"Delete {QWEN} (int4)? This frees 1.4 GB."
    assert folder.exists()
    confirm, _, _ = await page.installed.delete(f"{QWEN}/int4", asking())
    assert not folder.exists()
    assert not confirm["visible"]  # type: ignore[index]


async def test_the_model_that_serves_is_not_deleted(page: ModelsPage, asking: As) -> None:
    with pytest.raises(gr.Error, match=r"is loaded\. Load another model first"):
        await page.installed.delete("built-in/int8", asking())


@pytest.mark.parametrize("key", [None, "", "nowhere", "../../etc/int8", "a/../../b"])
async def test_nothing_else_is_deleted(page: ModelsPage, key: str | None, asking: As) -> None:
    with pytest.raises(gr.Error):
        await page.installed.delete(key, asking())


# Rights


async def test_others_see_everything_and_may_install_nothing(
    page: ModelsPage, services: Services, conversion: FakeConversion, asking: As
) -> None:
    """By calling the events: what the page hides from them does not count."""
    asking("ada")
    bob = asking("bob")
    folder = folder_of(services, QWEN, "int4")
    button, why, _ = page.form.rights(bob)
    assert button["interactive"] is False  # type: ignore[index]
    assert "Only admins" in why["value"]  # type: ignore[index]
    for call in (
        install(page, bob, ELSE),
        page.installed.ask(f"{QWEN}/int4", bob),
        page.installed.delete(f"{QWEN}/int4", bob),
    ):
        with pytest.raises(gr.Error, match="Only admins may install or delete"):
            await call
    assert folder.exists()
    assert services.jobs.jobs == ()
    conversion.hold = True
    await install(page, asking("ada"), ELSE)
    with pytest.raises(gr.Error, match="Only admins"):
        page.jobs.cancel(1, bob)
    details, *_ = await page.form.look(ordered(page, ELSE), bob)
    assert ELSE in str(details)


async def test_everyone_may_install_where_the_operator_says_so(
    services: Services, conversion: FakeConversion, asking: As
) -> None:
    page = built(services, who_may_install="everyone")
    ada, bob, eve = asking("ada"), asking("bob"), asking("eve")
    conversion.hold = True
    await install(page, bob, ELSE)
    with pytest.raises(gr.Error, match="somebody else"):
        page.jobs.cancel(1, eve)
    page.jobs.cancel(1, bob)
    await until(lambda: services.jobs.job(1).state == "cancelled")
    await install(page, bob, ELSE)
    page.jobs.cancel(2, ada)
    await until(lambda: services.jobs.job(2).state == "cancelled")


async def test_only_an_admin_gives_another_model_a_name_of_the_catalogue(
    services: Services, asking: As
) -> None:
    page = built(services, who_may_install="everyone")
    ada, bob = asking("ada"), asking("bob")
    with pytest.raises(gr.Error, match="which this is not"):
        await install(page, bob, ELSE, name="llama-3-8b-instruct")
    await install(page, ada, ELSE, name="llama-3-8b-instruct")
    await install(page, bob, QWEN, name=QWEN)
    assert len(services.jobs.jobs) == 2


async def test_folders_of_the_server_are_for_admins(
    services: Services, asking: As, tmp_path: Path
) -> None:
    page = built(services, who_may_install="everyone")
    ada, bob = asking("ada"), asking("bob")
    (tmp_path / "mine").mkdir()
    for source in (str(tmp_path / "mine"), str(tmp_path / "nowhere"), "~", "../x", "C:\\x"):
        with pytest.raises(gr.Error, match="Only admins may name folders"):
            await install(page, bob, source)
        details, *_ = await page.form.look(ordered(page, source), bob)
        assert "Only admins" in str(details), "nor does it tell which ones there are"
    with pytest.raises(gr.Error, match="Only admins may name folders"):
        await install(page, bob, ELSE, calibration="/etc/passwd", awq=True, formats=["int4"])
    await install(page, ada, str(tmp_path / "mine"))
    assert services.jobs.jobs[0].request.source == str(tmp_path / "mine")


async def test_code_of_a_model_needs_the_operator_and_an_admin(
    services: Services, asking: As
) -> None:
    ada, bob = asking("ada"), asking("bob")
    usual = built(services, who_may_install="everyone")
    with pytest.raises(gr.Error, match="VINOCHAT_REMOTE_CODE=admins"):
        await install(usual, ada, "a/b", remote_code=True)
    allowed = built(services, who_may_install="everyone", remote_code="admins")
    with pytest.raises(gr.Error, match="does not run here"):
        await install(allowed, bob, "a/b", remote_code=True)
    await install(allowed, ada, "a/b", remote_code=True)
    assert services.jobs.jobs[0].request.trust_remote_code
    await install(allowed, ada, "a/c")
    assert not services.jobs.jobs[0].request.trust_remote_code
    for page, name, shown in (
        (usual, "ada", False),
        (allowed, "ada", True),
        (allowed, "bob", False),
    ):
        _, _, _, box, _ = await page.form.look(ordered(page, "a/b"), asking(name))
        assert box["visible"] is shown  # type: ignore[index]


# The list and the form


async def listed(page: ModelsPage, request: gr.Request, *filters: str, chosen: str = "") -> Any:
    filled = [*filters, *[""] * (5 - len(filters))]
    return await page.catalogue.show(*filled, 4, 2048, chosen, request)  # type: ignore[arg-type]


async def test_the_list_says_of_each_model_what_to_expect(page: ModelsPage, asking: As) -> None:
    radio, count = await listed(page, asking())
    assert count == f"{len(catalogue.entries())} of {len(catalogue.entries())} models"
    card = next(label for label, value in radio["choices"] if value == ELSE)
    name, description, facts, hope = card.split("\n")
    assert (name, description[-1]) == (ELSE, ".")
    assert facts.startswith("1.5 B · English, Chinese")
    assert hope.startswith("As int4: ")


async def test_the_list_is_searched_and_keeps_the_choice_while_it_is_on_it(
    page: ModelsPage, asking: As
) -> None:
    radio, count = await listed(page, asking(), "qwen2-1.5b", "zh", "chat", chosen=ELSE)
    assert [value for _, value in radio["choices"]] == [ELSE]
    assert "value" not in radio
    assert count.startswith("1 of ")
    radio, _ = await listed(page, asking(), "mistral", chosen=ELSE)
    assert radio["value"] is None


async def test_choosing_shows_ways_needs_and_the_command(page: ModelsPage, asking: As) -> None:
    details, formats, token, code, command, source, *_ = await page.form.choose(
        ELSE, 4, 2048, asking()
    )
    assert "[model card](https://huggingface.co/Qwen/Qwen2-1.5B-Instruct)" in str(details)
    assert "check the model card" in str(details)
    (row,) = (line for line in str(details).splitlines() if line.startswith("| int4 |"))
    assert row.endswith("| ready-made |")
    assert formats["value"] == ["int4"]  # type: ignore[index]
    assert (token["visible"], code["visible"]) == (False, False)  # type: ignore[index]
    assert "OpenVINO/Qwen2-1.5B-Instruct-int4-ov" in command["value"]  # type: ignore[index]
    assert source == ELSE


async def test_settings_change_the_way(page: ModelsPage, asking: As) -> None:
    values = ordered(page, ELSE, formats=["int8", "int4"], group_size="64", awq=True)
    details, _, _, _, command = await page.form.look(values, asking())
    int8, int4 = (line for line in str(details).splitlines() if line.startswith("| int"))
    assert int8.endswith("| ready-made |")
    assert int4.endswith("| made here |")
    assert "of disk" in str(details)
    assert "--awq" in command["value"]  # type: ignore[index]


async def test_boxes_stay_as_the_browser_has_them_but_for_formats_that_are_not_offered(
    page: ModelsPage, asking: As
) -> None:
    narrow = next(one for one in catalogue.entries() if len(one.weight_formats) < 3)
    missing = next(one for one in ("fp16", "int8", "int4") if one not in narrow.weight_formats)
    for source, boxes, drawn in (
        (ELSE, ["int8", "int4"], None),
        (ELSE, [], None),
        (narrow.model_id, [missing], [recommended_format(narrow)]),
    ):
        _, formats, *_ = await page.form.look(ordered(page, source, formats=boxes), asking())
        assert formats.get("value") == drawn  # type: ignore[attr-defined]


async def test_a_gated_model_asks_for_a_token_unless_the_server_has_one(
    page: ModelsPage, services: Services, asking: As
) -> None:
    gated = next(entry for entry in catalogue.entries() if entry.gated)
    for shown, server in ((True, page), (False, built(services, hf_token="hf_x"))):
        details, _, token, *_ = await server.form.look(ordered(server, gated.model_id), asking())
        assert "accept the licence on the model card" in str(details)
        assert token["visible"] is shown  # type: ignore[index]


async def test_any_other_model_of_the_hub_may_be_named(page: ModelsPage, asking: As) -> None:
    values = ordered(page, "some/Thing_1", formats=[])
    details, formats, token, *_ = await page.form.look_up(values, asking())
    assert "some/Thing\\_1" in str(details)
    assert "Not in the catalogue" in str(details)
    assert formats["value"] == ["int8"]  # type: ignore[index]
    assert token["visible"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("source", "more", "reason"),
    [
        ("<script>alert(1)</script>", {}, "neither a model"),
        ("[x](http://evil.example)", {}, "neither a model"),
        (ELSE, {"name": "../x"}, "cannot be a folder"),
        (ELSE, {"formats": ["int8"], "awq": True}, "int4 only"),
    ],
)
async def test_a_mistake_is_said_in_its_place(
    page: ModelsPage, source: str, more: dict[str, Any], reason: str, asking: As
) -> None:
    details, *_ = await page.form.look(ordered(page, source, **more), asking())
    assert reason in str(details)
    # Nothing of it is a tag or a link to Markdown.
    assert "<script" not in str(details).replace("\\<", "")
    assert "[x]" not in str(details)


async def test_nothing_chosen_is_nothing_wrong(page: ModelsPage, asking: As) -> None:
    details, *_ = await page.form.look(ordered(page, ""), asking())
    assert str(details).startswith("Choose a model")
    with pytest.raises(gr.Error, match="Name a model"):
        await install(page, asking(), "")


async def test_the_button_begins_a_job_and_the_token_is_gone(
    page: ModelsPage, services: Services, conversion: FakeConversion, asking: As
) -> None:
    shown = await install(page, asking(), ELSE, formats=["int8", "int4"], token=" hf_mine ")
    assert shown == ""
    await until(lambda: services.jobs.job(1).state == "done")
    (asked,) = conversion.asked
    assert asked.token == "hf_mine"
    assert [one.weight_format for one in asked.request.formats] == ["int8", "int4"]


# Jobs


async def test_no_jobs_no_panel(page: ModelsPage, asking: As) -> None:
    section, *_ = page.jobs.show(asking())
    assert section["visible"] is False  # type: ignore[index]
    assert page.jobs.look(None, "", asking()) == (gr.skip(),) * 6


async def test_a_job_is_followed_from_its_progress_to_its_table(
    page: ModelsPage, services: Services, conversion: FakeConversion, asking: As
) -> None:
    conversion.hold = True
    await install(page, asking(), ELSE, formats=["fp16", "int8"])
    await install(page, asking(), QWEN)
    await until(lambda: services.jobs.job(1).progress.fraction == 0.5)
    section, dropdown, panel, log, command, cancel = page.jobs.look(None, "", asking())
    assert section["visible"]  # type: ignore[index]
    assert dropdown["value"] == 1  # type: ignore[index]
    assert '<progress value="0.500" max="1">50%</progress>' in str(panel)
    assert "**Downloading** · 50% · model.safetensors, 5 of 10 MB" in str(panel)
    assert f"In the queue besides: {QWEN} (int8)" in str(panel)
    assert (log["visible"], cancel["visible"]) == (False, True)  # type: ignore[index]
    assert "OpenVINO/Qwen2" in command["value"]  # type: ignore[index]
    assert page.jobs.look(1, str(panel), asking()) == (gr.skip(),) * 6
    conversion.go_on()
    await until(lambda: services.jobs.job(2).state == "done")
    _, dropdown, panel, _, _, cancel = page.jobs.look(1, str(panel), asking())
    assert [label for label, _ in dropdown["choices"]] == [  # type: ignore[index]
        f"2: {QWEN} (int8), done",
        f"1: {ELSE} (fp16, int8), done",
    ]
    assert "| fp16 | 3,000.0 MB | 1.000 |\n| int8 | 1,500.0 MB | 2.000 |" in str(panel)
    assert "discrete GPU" in str(panel)
    assert cancel["visible"] is False  # type: ignore[index]


async def test_a_failed_job_shows_its_log_to_its_owner_and_to_admins(
    page: ModelsPage, services: Services, conversion: FakeConversion, asking: As
) -> None:
    conversion.error = ConversionFailed("It *broke* on <b>x</b>.", ("line 1", "</textarea>"))
    await install(page, asking("ada"), ELSE)
    await until(lambda: services.jobs.job(1).state == "failed")
    _, _, panel, log, *_ = page.jobs.look(None, "", asking("ada"))
    assert "**Failed**: It \\*broke\\* on \\<b\\>x\\</b\\>." in str(panel)
    assert log == gr.update(value="line 1\n</textarea>", visible=True)
    _, _, panel, log, *_ = page.jobs.look(None, "", asking("bob"))
    assert "It \\*broke" in str(panel)
    assert log == gr.update(value="", visible=False)


async def test_the_command_is_the_one_of_the_way_that_is_taken(
    page: ModelsPage, services: Services, conversion: FakeConversion, asking: As
) -> None:
    conversion.hold, conversion.command = True, "optimum-cli export openvino"
    await install(page, asking(), ELSE)
    assert "hf download" in page.jobs.show(asking())[4]["value"], "as it is planned"  # type: ignore[index]
    await until(lambda: services.jobs.job(1).progress.fraction == 0.5)
    command = page.jobs.show(asking())[4]
    assert command["value"] == "optimum-cli export openvino"  # type: ignore[index]


async def test_folders_of_the_server_are_named_to_nobody_else(
    page: ModelsPage, asking: As, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    await install(page, asking("ada"), str(tmp_path / "mine"))
    for name, shown in (("ada", True), ("bob", False)):
        everything = page.jobs.show(asking(name))
        assert (str(tmp_path) in str(everything)) is shown


async def test_a_reloaded_page_shows_the_job_that_runs(
    page: ModelsPage, conversion: FakeConversion, asking: As
) -> None:
    conversion.hold = True
    await install(page, asking(), ELSE)
    await asyncio.sleep(0.01)
    await install(page, asking(), QWEN)
    _, dropdown, *_ = page.jobs.show(asking("bob"))
    assert dropdown["value"] == 1  # type: ignore[index]
    _, dropdown, *_ = page.jobs.show_newest(asking())
    assert dropdown["value"] == 2  # type: ignore[index]
    _, dropdown, *_ = page.jobs.choose(1, asking())
    assert dropdown["value"] == 1  # type: ignore[index]


async def test_a_look_that_was_on_its_way_does_not_undo_a_choice(
    page: ModelsPage, services: Services, conversion: FakeConversion, asking: As
) -> None:
    await install(page, asking(), ELSE)
    await until(lambda: services.jobs.job(1).state == "done")
    _, _, panel, *_ = page.jobs.show(asking(), 1)
    conversion.hold = True
    await install(page, asking(), QWEN)
    _, dropdown, later, *_ = page.jobs.look(1, str(panel), asking())
    assert later != panel
    assert "value" not in dropdown  # type: ignore[operator]


async def test_a_job_that_is_forgotten_gives_way_to_the_newest(
    page: ModelsPage, services: Services, asking: As
) -> None:
    await install(page, asking(), ELSE)
    await until(lambda: services.jobs.job(1).state == "done")
    _, dropdown, *_ = page.jobs.look(99, "something old", asking())
    assert dropdown["value"] == 1  # type: ignore[index]
    for chosen in (None, 99):
        with pytest.raises(gr.Error):
            page.jobs.cancel(chosen, asking())
