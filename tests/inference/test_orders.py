"""What people type, and what becomes of it."""

from pathlib import Path

import pytest

from app.errors import InvalidParameter
from app.inference import catalogue
from app.inference.conversion.types import Compression
from app.inference.orders import (
    Order,
    find_source,
    plans,
    recommended_format,
    suggested_id,
    to_request,
)

QWEN = "qwen2-1.5b-instruct"


def refusal(order: Order) -> str:
    with pytest.raises(InvalidParameter) as caught:
        to_request(order)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_key_of_the_catalogue_brings_everything() -> None:
    entry = catalogue.entry(QWEN)
    assert entry is not None
    request = to_request(Order(QWEN))
    assert (request.source, request.model_id) == (entry.hub_id, QWEN)
    assert request.formats == (entry.compression("int4"),)
    assert not request.trust_remote_code


def test_a_hub_id_of_the_catalogue_is_its_entry_in_whatever_case() -> None:
    assert to_request(Order("qwen/qwen2-1.5b-INSTRUCT")) == to_request(Order(QWEN))


def test_any_other_hub_id_gets_a_name_and_sane_settings() -> None:
    request = to_request(Order(" Some-One/My.Model_1B ", weight_formats=("int4", "fp16", "int4")))
    assert (request.source, request.model_id) == ("Some-One/My.Model_1B", "my.model_1b")
    assert request.formats == (Compression("int4"), Compression("fp16"))
    assert recommended_format(None) == "int8"


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "My Own (model)"
    folder.mkdir()
    request = to_request(Order(str(folder)))
    assert (request.source, request.model_id) == (str(folder), "my-own-model")


def test_a_file_and_a_missing_folder_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    assert "is a file. Name the folder" in refusal(Order(str(tmp_path / "model.bin")))
    assert "There is no folder" in refusal(Order(str(tmp_path / "nowhere")))


@pytest.mark.parametrize(
    "source",
    ["", " ", "nonsense", "a/b/c", "https://huggingface.co/a/b", "a/..", "a/b..c", "-a/b",
     "a/b\nc", "a/b;c", "a" * 500, "datasets/a/b", "a/b--c", "a/b.", "ä/b"],
)  # fmt: skip
def test_what_is_neither_is_refused_in_one_sentence(source: str) -> None:
    refusal(Order(source))


@pytest.mark.parametrize("name", ["..", "../x", "a/b", ".hidden", "-x", "a b", "x" * 200])
def test_a_name_cannot_lead_elsewhere(name: str) -> None:
    assert "cannot be a folder's" in refusal(Order(QWEN, model_id=name))


def test_the_name_of_the_model_that_ships_is_taken() -> None:
    assert "ships" in refusal(Order(QWEN, model_id="built-in"))


def test_a_copy_of_a_catalogue_model_gets_its_settings(tmp_path: Path) -> None:
    entry = catalogue.entry(QWEN)
    assert entry is not None
    (tmp_path / QWEN).mkdir()
    for source in (str(tmp_path / QWEN), "mirror/Qwen2-1.5B-Instruct"):
        request = to_request(Order(source))
        assert request.model_id == QWEN
        assert request.source == source
        assert request.formats == (entry.compression("int4"),)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (Order(QWEN, weight_formats=("int2",)), "Choose among fp16, int8, int4"),
        (Order(QWEN, weight_formats=("int8",), awq=True), "int4 only"),
        (Order(QWEN, group_size=5), "from 16 to 1024"),
        (Order(QWEN, group_size=0), "-1"),
        (Order(QWEN, ratio=1.5), "from 0 to 1"),
        (Order(QWEN, ratio=float("nan")), "from 0 to 1"),
        (Order(QWEN, revision="../main"), "revision"),
        (Order(QWEN, revision="--upload"), "revision"),
    ],
)
def test_settings_out_of_range_are_refused_with_the_range(order: Order, reason: str) -> None:
    assert reason in refusal(order)


def test_settings_change_int4_and_nothing_else() -> None:
    request = to_request(
        Order(QWEN, weight_formats=("int8", "int4"), group_size=64, ratio=0.5, sym=True, awq=True)
    )
    int8, int4 = request.formats
    assert int8 == Compression("int8")
    assert int4 == Compression("int4", 64, 0.5, True, True)


def test_plans_say_way_and_command() -> None:
    (plan,) = plans(to_request(Order(QWEN)))
    assert plan.way == "ready-made"
    assert plan.command.startswith("hf download OpenVINO/")
    (plan,) = plans(to_request(Order(QWEN, group_size=64)))
    assert plan.way == "export"
    assert "--group-size 64" in plan.command
    assert plan.explanation.endswith(".")


def test_names_are_made_of_the_last_part() -> None:
    assert suggested_id("Qwen/Qwen2-1.5B") == "qwen2-1.5b"
    assert suggested_id("/models/A b/") == "a-b"
    assert suggested_id("C:\\models\\x") == "x"


def test_every_entry_of_the_catalogue_can_be_asked_for() -> None:
    for entry in catalogue.entries():
        source, found = find_source(entry.model_id)
        assert (source, found) == (entry.hub_id, entry)
        assert plans(to_request(Order(entry.model_id, weight_formats=entry.weight_formats)))
