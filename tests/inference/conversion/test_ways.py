"""Which way a model goes, and the words for it."""

import pytest

from app.errors import ConversionFailed
from app.inference.catalogue import CatalogueEntry
from app.inference.conversion import ways
from app.inference.conversion.types import Compression, ConversionRequest, Way

INT4 = Compression("int4", group_size=64, ratio=0.8, sym=True)
INT8 = Compression("int8")


def entry(**changes: object) -> CatalogueEntry:
    facts: dict[str, object] = {
        "model_id": "known",
        "hub_id": "maker/known",
        "description": "A model.",
        "licence": "MIT",
        "languages": ("en",),
        "pages": ("chat",),
        "architecture": "made-up",
        "parameters": 1.0,
        "context": 2048,
        "int4": INT4,
        "ready_made": {"int4": "OpenVINO/known-int4-ov"},
    }
    return CatalogueEntry(**{**facts, **changes})  # type: ignore[arg-type]


def request(
    source: str = "maker/known", way: Way | None = None, **more: object
) -> ConversionRequest:
    return ConversionRequest(source, "known", (INT4,), way=way, **more)  # type: ignore[arg-type]


def test_ready_made_where_there_is_one_with_these_settings() -> None:
    assert ways.choose(request(), entry(), INT4) == "ready-made"
    assert ways.choose(request(), entry(), INT8) == "export"
    awq = Compression("int4", group_size=64, ratio=0.8, sym=True, awq=True)
    assert ways.choose(request(), entry(), awq) == "export"
    assert ways.choose(request(), entry(), Compression("int4")) == "export"


def test_a_revision_or_a_folder_is_converted() -> None:
    assert ways.choose(request(revision="abc"), entry(), INT4) == "export"
    assert ways.choose(request("/models/known"), entry(), INT4) == "export"


def test_older_libraries_where_the_catalogue_says_so() -> None:
    older = entry(transformers="4.57.6")
    assert ways.choose(request(), older, INT8) == "older-export"
    assert ways.choose(request(), older, INT4) == "ready-made"


def test_an_unknown_model_goes_the_way_of_its_architecture() -> None:
    unknown = request("somebody/gemma-of-mine")
    assert ways.choose(unknown, None, INT8, ways.Source("gemma")) == "older-export"
    assert ways.choose(unknown, None, INT8, ways.Source("llama")) == "export"
    assert ways.choose(unknown, None, INT8, ways.Source("never-heard-of")) == "export"
    assert ways.choose(unknown, None, INT8, ways.Source("llama", holds_ir=True)) == "ready-made"


def test_the_way_that_is_asked_for_is_taken_or_refused() -> None:
    assert ways.choose(request(way="export"), entry(), INT4) == "export"
    assert ways.choose(request(way="ready-made"), entry(), INT4) == "ready-made"
    with pytest.raises(ConversionFailed, match="no ready-made int8 version of maker/known"):
        ways.choose(request(way="ready-made"), entry(), INT8)
    with pytest.raises(ConversionFailed, match="holds an OpenVINO model already"):
        ways.choose(request("a/b", way="export"), None, INT8, ways.Source("llama", holds_ir=True))


def test_the_commands_that_repeat_it() -> None:
    assert ways.command(request(), INT4, "ready-made", entry()) == (
        "hf download OpenVINO/known-int4-ov --local-dir known/int4"
    )
    assert ways.command(request(trust_remote_code=True), INT4, "export", entry()) == (
        "optimum-cli export openvino --model maker/known --task text-generation-with-past "
        "--weight-format int4 --group-size 64 --ratio 0.8 --sym --trust-remote-code known/int4"
    )
    awq = Compression("int4", group_size=64, ratio=0.8, sym=True, awq=True)
    calibrated = ways.command(request(calibration="maker/texts"), awq, "export", entry())
    assert "--awq --dataset wikitext2 known/int4  # calibrated by another text" in calibrated
    older = ways.command(request(), INT8, "older-export", entry(transformers="4.57.6"))
    environment, _, export = older.partition(" transformers==4.57.6 && ")
    assert environment.startswith("python -m venv older && older/bin/pip install optimum-intel==")
    assert export.startswith("older/bin/optimum-cli export openvino ")
    seq2seq = ways.command(request(), INT8, "export", entry(kind="seq2seq"))
    assert "--task text2text-generation-with-past" in seq2seq
    spaced = ways.command(request("/my models/x"), INT8, "export", None)
    assert '--model "/my models/x"' in spaced


def test_a_revision_is_downloaded_first_since_the_export_takes_none() -> None:
    for asked, known in ((request(revision="v1"), None), (request(), entry(revision="v1"))):
        assert ways.command(asked, INT8, "export", known) == (
            "hf download maker/known --revision v1 --local-dir known/source && "
            "optimum-cli export openvino --model known/source --task text-generation-with-past "
            "--weight-format int8 known/int8"
        )
    assert "--revision" not in ways.command(request(), INT4, "ready-made", entry(revision="v1"))
    ready = ways.command(request("a/b-ov", revision="v1"), INT4, "ready-made")
    assert ready == "hf download a/b-ov --revision v1 --local-dir known/int4"
    assert "hf" not in ways.command(request("/folder", revision="v1"), INT8, "export")


@pytest.mark.parametrize("way", ["ready-made", "export", "older-export"])
def test_each_way_is_explained(way: Way) -> None:
    sentence = ways.explain(way, entry(transformers="5.0"))
    assert sentence.endswith(".")
    assert ("transformers 5.0" in sentence) == (way == "older-export")
