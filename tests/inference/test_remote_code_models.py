"""Models whose classes and tokenizers are code on the hub: run from a ready-made IR alone.

They cannot be made here as they are, so that each is a Llama in its family's clothes
(`tests/checkpoints/remote.py`): what is held is that nothing but the OpenVINO files, the catalogue
and the configuration is needed to load, prompt and stream. One by default; all of them with

    python -m pytest tests/inference/test_remote_code_models.py -m "engine or architectures"
"""

from pathlib import Path

import pytest

from app.inference import catalogue
from app.inference.types import ModelRef
from tests.checkpoints import REMOTE, make_remote
from tests.inference.serving import complete, serving

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

BY_DEFAULT = ("chatglm3-6b",)
CASES = [
    pytest.param(model_id, marks=() if model_id in BY_DEFAULT else pytest.mark.architectures)
    for model_id in REMOTE
]


def test_every_required_one_has_a_stand_in() -> None:
    required = {entry.model_id for entry in catalogue.entries() if entry.remote_code}
    assert set(REMOTE) <= required


@pytest.mark.parametrize("model_id", CASES)
async def test_streams_from_a_ready_made_model(model_id: str, tmp_path: Path) -> None:
    made = make_remote(tmp_path / "data" / "models", model_id)
    assert not list(made.rglob("tokenizer.json"))
    entry = catalogue.entry(model_id)
    assert entry is not None
    async with serving(tmp_path / "data", model_id, "int8") as service:
        prompts = service._loaded().prompts
        assert prompts.stop_token_ids or prompts.stop_strings
        assert service.info.kind == "genai"
        for weight_format in ("int8", "int4"):
            if weight_format == "int4":
                await service.switch(ModelRef(model_id, "int4"))
            text, end = await complete(service)
            assert end.receipt.weight_format == weight_format
            assert end.receipt.prompt_tokens > 5
            assert end.receipt.completion_tokens > 1
            assert text.strip()
