"""Completions by transformers, straight from a checkpoint: what training looks at as it goes.

Contract: greedy completions are the model's own; sampled ones follow the same parameters as the
app's engines, drawn from one seed. Nothing of the app is imported.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from training import tokenizer as tokenizers
from training.cases import Case

_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class Completion:
    text: str
    ended: bool  # by itself; otherwise it was cut off where it had all its tokens


Complete = Callable[[Sequence[Case]], list[Completion]]


def _sampling(parameters: dict[str, float]) -> dict[str, Any]:
    return {"do_sample": True, **parameters} if parameters["temperature"] else {"do_sample": False}


def complete(folder: Path, parameters: dict[str, float], longest: int) -> Complete:
    """A function that completes cases, many at a time, prompts padded on the left."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    tokenizer = tokenizers.load(folder)
    tokenizer.padding_side = "left"
    model: Any = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).eval()
    sampling = _sampling(parameters)

    def some(chosen: Sequence[Case]) -> list[Completion]:
        inputs = tokenizer(_prompts(tokenizer, chosen), return_tensors="pt", padding=True).to(
            device
        )
        inputs.pop("token_type_ids", None)
        torch.manual_seed(0)
        with torch.inference_mode():
            made = model.generate(**inputs, max_new_tokens=longest, **sampling)
        own = made[:, inputs["input_ids"].shape[1] :]
        texts: list[str] = tokenizer.batch_decode(own, skip_special_tokens=True)
        ended: list[bool] = (own == tokenizer.eos_token_id).any(dim=1).tolist()
        return [Completion(*one) for one in zip(texts, ended, strict=True)]

    def complete_all(asked: Sequence[Case]) -> list[Completion]:
        # Prompts of like length together: padding is work, too.
        lengths = [sum(len(m["content"]) for m in case.messages) for case in asked]
        order = sorted(range(len(asked)), key=lengths.__getitem__)
        completions: dict[int, Completion] = {}
        for start in range(0, len(order), _TOGETHER):
            part = order[start : start + _TOGETHER]
            completions.update(zip(part, some([asked[at] for at in part]), strict=True))
        return [completions[at] for at in range(len(asked))]

    return complete_all


def _prompts(tokenizer: PreTrainedTokenizerFast, chosen: Sequence[Case]) -> list[str]:
    return [
        str(
            tokenizer.apply_chat_template(
                list(case.messages), tokenize=False, add_generation_prompt=True
            )
        )
        for case in chosen
    ]
