"""Ask a checkpoint the held-out cases and print a table per skill.

Contract: completions come from a `Complete` function, so that the same cases can be put to torch,
as here, or to any engine. `--json` prints one object on standard output and nothing else.

    python -m training.evaluate                      # the shipped model: greedy, then as on Chat
    python -m training.evaluate --skills greeting,app --show
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaForCausalLM
from transformers.utils import logging

from training import tokenizer as tokenizers
from training.cases import Case, cases

SHIPPED = Path(__file__).parents[1] / "data" / "built-in"
Complete = Callable[[Sequence[Case]], list[str]]

GREEDY: dict[str, Any] = {"do_sample": False}
CHAT: dict[str, Any] = {
    "do_sample": True, "temperature": 0.1, "top_k": 50, "top_p": 1.0, "repetition_penalty": 1.1,
}  # fmt: skip
INSTRUCT: dict[str, Any] = {"do_sample": True, "temperature": 0.8, "top_k": 0, "top_p": 0.92}
SETTINGS = {"greedy": GREEDY, "chat": CHAT, "instruct": INSTRUCT}


@dataclass(frozen=True, slots=True)
class Outcome:
    case: Case
    completion: str

    @property
    def passed(self) -> bool:
        if self.case.exact:
            return self.completion.strip() == self.case.expected[0]
        text = self.completion
        return (
            all(piece in text for piece in self.case.expected)
            and not any(piece in text for piece in self.case.forbidden)
            and any(piece in text for piece in self.case.one_of)
        )


def torch_complete(
    folder: Path, sampling: dict[str, Any], *, longest: int = 200, batch: int = 16
) -> Complete:
    """Completions by transformers, many at a time, prompts padded on the left."""
    tokenizer = tokenizers.load(folder)
    tokenizer.padding_side = "left"
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def some(chosen: Sequence[Case]) -> list[str]:
        prompts = [
            tokenizer.apply_chat_template(
                list(case.messages), tokenize=False, add_generation_prompt=True
            )
            for case in chosen
        ]
        inputs = tokenizer(prompts, return_tensors="pt", padding=True)
        inputs.pop("token_type_ids", None)
        torch.manual_seed(0)
        with torch.inference_mode():
            made = model.generate(**inputs, max_new_tokens=longest, **sampling)
        own = made[:, inputs["input_ids"].shape[1] :]
        return tokenizer.batch_decode(own, skip_special_tokens=True)

    def complete(asked: Sequence[Case]) -> list[str]:
        # Prompts of like length together: padding is work, too.
        lengths = [sum(len(m["content"]) for m in case.messages) for case in asked]
        order = sorted(range(len(asked)), key=lengths.__getitem__)
        completions = [""] * len(asked)
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            for at, text in zip(part, some([asked[at] for at in part]), strict=True):
                completions[at] = text
        return completions

    return complete


def evaluate(complete: Complete, asked: Sequence[Case]) -> list[Outcome]:
    """Put every case to the model."""
    return [Outcome(case, text) for case, text in zip(asked, complete(asked), strict=True)]


def by_skill(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """Passed and asked, for each skill."""
    counts: dict[str, tuple[int, int]] = {}
    for outcome in outcomes:
        passed, asked = counts.get(outcome.case.skill, (0, 0))
        counts[outcome.case.skill] = (passed + outcome.passed, asked + 1)
    return counts


def _report(results: dict[str, list[Outcome]], show: bool) -> None:
    tables = {name: by_skill(outcomes) for name, outcomes in results.items()}
    print("| skill | " + " | ".join(tables) + " |\n|---|" + "---|" * len(tables))
    for skill in next(iter(tables.values())):
        cells = [f"{table[skill][0]}/{table[skill][1]}" for table in tables.values()]
        print(f"| {skill} | " + " | ".join(cells) + " |")
    for name, outcomes in results.items():
        passed = sum(outcome.passed for outcome in outcomes)
        print(f"{name}: {passed}/{len(outcomes)} = {passed / len(outcomes):.1%}")
        for outcome in outcomes:
            if show or not outcome.passed:
                mark = "ok  " if outcome.passed else "MISS"
                question = outcome.case.messages[-1]["content"]
                print(f"  {mark} [{outcome.case.skill}] {question!r} -> {outcome.completion!r}")


def _as_json(results: dict[str, list[Outcome]]) -> str:
    return json.dumps(
        {
            name: [
                {
                    "skill": outcome.case.skill,
                    "messages": outcome.case.messages,
                    "expected": outcome.case.expected,
                    "completion": outcome.completion,
                    "passed": outcome.passed,
                }
                for outcome in outcomes
            ]
            for name, outcomes in results.items()
        },
        ensure_ascii=True,
    )


def _chosen(skills: Sequence[str], each: int | None) -> list[Case]:
    """The cases of these skills (all, when none is named), at most `each` of one."""
    by_name: dict[str, list[Case]] = {}
    for case in cases():
        if not skills or case.skill in skills:
            by_name.setdefault(case.skill, []).append(case)
    return [case for group in by_name.values() for case in group[:each]]


def main() -> None:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(description="Evaluate a checkpoint on held-out prompts.")
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--skills", default="", help="only these, separated by commas")
    parser.add_argument("--each", type=int, help="only so many cases of a skill")
    parser.add_argument("--settings", default="greedy,chat", help=f"of {', '.join(SETTINGS)}")
    parser.add_argument("--longest", type=int, default=200, help="tokens of a completion at most")
    parser.add_argument("--show", action="store_true", help="print every completion")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    wanted = [skill for skill in options.skills.split(",") if skill]
    asked = _chosen(wanted, options.each)
    results = {
        name: evaluate(
            torch_complete(options.model, SETTINGS[name], longest=options.longest), asked
        )
        for name in options.settings.split(",")
    }
    if options.json:
        print(_as_json(results))
    else:
        _report(results, options.show)


if __name__ == "__main__":
    main()
