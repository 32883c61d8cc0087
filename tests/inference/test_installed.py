"""What counts as installed, and what is said of what does not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.errors import LoadFailed, UnknownModel
from app.inference import manifest, model_config
from app.inference.installed import BUILT_IN, delete, find, is_safe_name, list_installed
from app.inference.types import ModelRef

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "max_position_embeddings": 4096,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 3,
    "vocab_size": 1000,
}
T5 = {
    "architectures": ["T5ForConditionalGeneration"],
    "model_type": "t5",
    "is_encoder_decoder": True,
    "n_positions": 512,
}


def install(
    folder: Path, config: dict[str, Any], ir: tuple[str, ...] = ("openvino_model",)
) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    for name in ir:
        (folder / f"{name}.xml").write_text("<net/>")
        (folder / f"{name}.bin").write_bytes(bytes(1000))
    return folder


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """The built-in model's checkpoint."""
    return install(tmp_path / "checkpoint", LLAMA, ir=())


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    install(folder / "zephyr" / "int4", LLAMA)
    install(folder / "blender" / "int8", T5, ("openvino_encoder_model", "openvino_decoder_model"))
    return folder


def test_lists_what_is_there_and_the_built_in_model_first(models: Path, checkpoint: Path) -> None:
    found = list_installed(models, checkpoint)
    assert [str(model.ref) for model in found] == [
        "built-in (int8)",
        "built-in (int4)",
        "built-in (fp16)",
        "blender (int8)",
        "zephyr (int4)",
    ]
    assert [model.converted for model in found] == [False, False, False, True, True]


def test_describes_a_model(models: Path) -> None:
    model = find(models, "zephyr", "int4")
    assert model.ref == ModelRef("zephyr", "int4")
    assert model.path == models / "zephyr" / "int4"
    assert model.architecture == "LlamaForCausalLM"
    assert model.context_length == 4096
    assert model.engine_kind == "genai"
    assert model.size_bytes > 1000


def test_an_encoder_decoder_model_is_for_the_optimum_engine(models: Path) -> None:
    model = find(models, "blender", "int8")
    assert (model.engine_kind, model.context_length) == ("optimum", 512)


def test_the_built_in_model_counts_once_when_it_is_converted(
    models: Path, checkpoint: Path
) -> None:
    install(models / BUILT_IN / "int8", LLAMA)
    found = [m for m in list_installed(models, checkpoint) if m.ref.model_id == BUILT_IN]
    assert [(m.ref.weight_format, m.converted) for m in found] == [
        ("int8", True),
        ("int4", False),
        ("fp16", False),
    ]


def test_without_a_models_folder_there_is_the_built_in_model(
    tmp_path: Path, checkpoint: Path
) -> None:
    assert len(list_installed(tmp_path / "nowhere", checkpoint)) == 3
    assert list_installed(tmp_path / "nowhere", tmp_path / "nothing") == []


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "openvino_model.xml"])
def test_an_incomplete_folder_is_left_out(models: Path, tmp_path: Path, missing: str) -> None:
    (models / "zephyr" / "int4" / missing).unlink()
    names = [model.ref.model_id for model in list_installed(models, tmp_path)]
    assert names == ["blender"]
    with pytest.raises(UnknownModel):
        find(models, "zephyr", "int4")


def test_a_tokenizer_converted_to_openvino_will_do(models: Path, tmp_path: Path) -> None:
    folder = models / "zephyr" / "int4"
    (folder / "tokenizer.json").unlink()
    (folder / "openvino_tokenizer.xml").write_text("<net/>")
    assert len(list_installed(models, tmp_path)) == 1, "it cannot write text"
    (folder / "openvino_detokenizer.xml").write_text("<net/>")
    assert len(list_installed(models, tmp_path)) == 2


def test_what_the_record_says_of_a_model(models: Path) -> None:
    assert find(models, "zephyr", "int4").source == ""
    folder = models / "zephyr" / "int4"
    manifest.write(folder, source="maker/zephyr", way="export", command="", catalogue_id="z")
    found = find(models, "zephyr", "int4")
    assert (found.source, found.catalogue_id, found.way) == ("maker/zephyr", "z", "export")
    (folder / manifest.NAME).write_text("{")
    assert find(models, "zephyr", "int4").source == ""


def test_deleting_a_format_leaves_the_others(models: Path) -> None:
    install(models / "zephyr" / "int8", LLAMA)
    delete(models, ModelRef("zephyr", "int4"))
    assert [path.name for path in (models / "zephyr").iterdir()] == ["int8"]
    delete(models, ModelRef("zephyr", "int8"))
    assert not (models / "zephyr").exists()
    assert (models / "blender" / "int8" / "config.json").is_file()


def test_what_an_interrupted_deletion_left_is_in_nobodys_way(models: Path) -> None:
    for name in (".int4.deleted-1", f".int4.deleted-{os.getpid()}"):
        install(models / "zephyr" / name, LLAMA)
    install(models / "other" / ".int8.deleted-2", LLAMA)
    delete(models, ModelRef("zephyr", "int4"))
    assert [path.name for path in models.iterdir()] == ["blender"]


def test_deleting_a_link_leaves_what_it_leads_to(models: Path, tmp_path: Path) -> None:
    elsewhere = install(tmp_path / "elsewhere", LLAMA)
    (models / "linked").mkdir()
    (models / "linked" / "int8").symlink_to(elsewhere, target_is_directory=True)
    delete(models, ModelRef("linked", "int8"))
    assert not (models / "linked").exists()
    assert (elsewhere / "config.json").is_file()


@pytest.mark.parametrize(
    ("model_id", "weight_format"),
    [("zephyr", "int8"), ("nothing", "int4"), ("..", "zephyr"), ("zephyr", ".."), ("", "zephyr")],
)
def test_what_is_not_installed_is_not_deleted(
    models: Path, model_id: str, weight_format: str
) -> None:
    with pytest.raises(UnknownModel, match="is not installed"):
        delete(models, ModelRef(model_id, weight_format))
    assert (models / "zephyr" / "int4" / "config.json").is_file()


def test_a_broken_config_is_left_out(models: Path, tmp_path: Path) -> None:
    (models / "zephyr" / "int4" / "config.json").write_text("{")
    assert len(list_installed(models, tmp_path)) == 1


@pytest.mark.parametrize(
    "config",
    [
        '{"architectures": {"a": 1}}',
        '{"architectures": 5}',
        '{"text_config": "x"}',
        '{"text_config": ["x"]}',
        '{"model_type": ["llama"]}',
        '{"model_type": {"a": 1}}',
        '{"text_config": {"model_type": []}}',
        "[" * 100_000,
    ],
)
def test_an_odd_config_leaves_one_model_out(models: Path, tmp_path: Path, config: str) -> None:
    (models / "zephyr" / "int4" / "config.json").write_text(config)
    assert [model.ref.model_id for model in list_installed(models, tmp_path)] == ["blender"]
    with pytest.raises(LoadFailed, match=r"The config\.json of int4 .*Download it again"):
        model_config.read(models / "zephyr" / "int4")


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), FileNotFoundError(2, "gone")])
@pytest.mark.parametrize("method", ["is_file", "iterdir"])
def test_a_folder_that_cannot_be_read_or_goes_meanwhile_is_left_out(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, error: OSError
) -> None:
    whole = getattr(Path, method)

    def fail(path: Path) -> Any:
        if "zephyr" in path.parts:
            raise error
        return whole(path)

    monkeypatch.setattr(Path, method, fail)
    assert [model.ref.model_id for model in list_installed(models, tmp_path)] == ["blender"]


def test_half_made_conversions_are_left_out(models: Path, tmp_path: Path) -> None:
    install(models / "zephyr" / ".int8.converting-12", LLAMA)
    assert len(list_installed(models, tmp_path)) == 2


def test_an_unknown_model_names_what_is_installed_and_the_remedy(models: Path) -> None:
    with pytest.raises(UnknownModel) as failure:
        find(models, "zephyr", "int8")
    message = str(failure.value)
    assert message.startswith("zephyr (int8) is not installed.")
    assert "zephyr (int4)" in message
    assert "blender (int8)" in message
    assert "DATA_DIR/models" in message


@pytest.mark.parametrize(
    ("model_id", "weight_format"),
    [
        ("..", "int8"),
        ("../models/zephyr", "int4"),
        ("zephyr", "../int4"),
        ("zephyr/int4", ""),
        ("zephyr", "."),
        ("/etc", "int8"),
        ("", "int4"),
        ("zephyr\x00", "int4"),
        ("zephyr\n", "int4"),
    ],
)
def test_names_that_are_not_plain_are_unknown(
    models: Path, model_id: str, weight_format: str
) -> None:
    assert not (is_safe_name(model_id) and is_safe_name(weight_format))
    with pytest.raises(UnknownModel):
        find(models, model_id, weight_format)


@pytest.mark.parametrize(
    ("config", "length"),
    [
        ({"max_position_embeddings": 4096}, 4096),
        ({"n_positions": 1024, "n_ctx": 99}, 1024),
        ({"max_seq_len": 2048}, 2048),
        ({"seq_length": 8192}, 8192),
        ({"text_config": {"max_position_embeddings": 32768}}, 32768),
        ({"max_position_embeddings": None}, 2048),
        ({}, 2048),
    ],
)
def test_context_length_by_all_its_names(config: dict[str, Any], length: int) -> None:
    assert model_config.context_length(config) == length


def test_mpt_is_for_the_optimum_engine() -> None:
    assert model_config.engine_kind_for({"model_type": "mpt"}) == "optimum"


def test_the_cache_of_a_token() -> None:
    values = 2 * 3 * 2  # keys and values, layers, heads
    assert model_config.kv_bytes_per_token(LLAMA, "f32") == values * 16 * 4
    assert model_config.kv_bytes_per_token(LLAMA, "f16") == values * 16 * 2
    assert model_config.kv_bytes_per_token(LLAMA, "u8") == values * (16 + 8)
    gpt2 = {"n_layer": 12, "n_head": 12, "n_embd": 768}
    assert model_config.kv_bytes_per_token(gpt2, "f32") == 2 * 12 * 768 * 4


def test_a_config_that_is_no_object_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(LoadFailed, match="not a JSON object"):
        model_config.read(tmp_path)
