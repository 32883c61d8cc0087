"""A format and reasoning: what a grammar holds is the answer, also where the template thinks."""

from pathlib import Path

import pytest

from app.inference.ebnf import ANY_OBJECT
from app.inference.reasoning import THINK
from app.inference.types import SamplingParams
from tests.inference.test_prompt import CHATML
from tests.scripted import HELLO, MakeService, text_of

pytestmark = pytest.mark.anyio

# A template that begins the reasoning itself, as that of DeepSeek's distilled models does.
THINKS = CHATML + "{# </think> #}{% if add_generation_prompt %}<think>\n{% endif %}"


@pytest.mark.parametrize("grammar", ["", ANY_OBJECT])
async def test_no_reasoning_is_made_up_under_a_grammar(
    make_service: MakeService, tmp_path: Path, grammar: str
) -> None:
    (tmp_path / "models" / "first" / "int8" / "chat_template.jinja").write_text(THINKS)
    async with make_service() as service:
        params = SamplingParams(max_new_tokens=5, grammar=grammar)
        events = [event async for event in service.complete("ada", HELLO, params).events()]
    assert text_of(events).startswith(THINK) is not bool(grammar)
