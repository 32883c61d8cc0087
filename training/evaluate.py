"""Ask a checkpoint the held-out cases, or another set, and print a table per skill.

Contract: the same cases, sampling and rules wherever completions come from: torch, or the app's
own engine on compressed weights. `--json` prints one object on standard output and nothing else.

    python -m training.evaluate                      # the shipped model in torch: greedy, then Chat
    python -m training.evaluate --engine int8        # the same through the app's engine
    python -m training.evaluate --skills greeting,app --show
    python -m training.evaluate --drawn 100 --settings greedy    # what of the corpus is learned
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training import complete_torch
from training.cases import Case, cases, drawn, plain, series
from training.cases.aims import AIMS
from training.complete_torch import Complete

SHIPPED = Path(__file__).parents[1] / "data" / "built-in"
# Both pages' defaults, and greedy decoding.
SETTINGS: dict[str, dict[str, float]] = {
    "greedy": {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "repetition_penalty": 1.0},
    "chat": {"temperature": 0.1, "top_p": 1.0, "top_k": 50, "repetition_penalty": 1.1},
    "instruct": {"temperature": 0.8, "top_p": 0.92, "top_k": 0, "repetition_penalty": 1.0},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    case: Case
    completion: str
    ended: bool

    @property
    def passed(self) -> bool:
        if self.case.exact:
            return self.completion.strip() in self.case.expected
        return (
            all(map(self._says, self.case.expected))
            and not any(map(self._says, self.case.forbidden))
            and any(map(self._says, self.case.one_of))
        )

    def _says(self, piece: str) -> bool:
        if self.case.fold:
            return piece.casefold() in self.completion.casefold()
        return piece in self.completion


def completer(folder: Path, engine: str, setting: str, longest: int) -> Complete:
    """Completions of a checkpoint: in torch, or by the app in a weight format."""
    if engine == "torch":
        return complete_torch.complete(folder, SETTINGS[setting], longest)
    # Imported here: a machine for training need not have the app's libraries.
    from training import complete_app

    return complete_app.complete(folder, engine, SETTINGS[setting], longest)


def evaluate(complete: Complete, asked: Sequence[Case]) -> list[Outcome]:
    """Put every case to the model."""
    completions = zip(asked, complete(asked), strict=True)
    return [Outcome(case, made.text, made.ended) for case, made in completions]


def by_skill(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """Passed and asked, for each skill."""
    counts: dict[str, tuple[int, int]] = {}
    for outcome in outcomes:
        passed, asked = counts.get(outcome.case.skill, (0, 0))
        counts[outcome.case.skill] = (passed + outcome.passed, asked + 1)
    return counts


def _report(results: dict[str, list[Outcome]], *, show: bool, totals: bool) -> None:
    tables = {name: by_skill(outcomes) for name, outcomes in results.items()}
    print("| skill | " + " | ".join(tables) + " |\n|---|" + "---|" * len(tables))
    for skill in next(iter(tables.values())):
        cells = [f"{table[skill][0]}/{table[skill][1]}" for table in tables.values()]
        print(f"| {skill} | " + " | ".join(cells) + " |")
    aimed = [(aim, [aim.share(table) for table in tables.values()]) for aim in AIMS]
    if any(share is not None for _, shares in aimed for share in shares):
        print("\n| aim | least | " + " | ".join(tables) + " |\n|---|---|" + "---|" * len(tables))
        for aim, shares in aimed:
            cells = ["-" if share is None else f"{share:.1%}" for share in shares]
            print(f"| {aim.name} | {aim.least:.0%} | " + " | ".join(cells) + " |")
    for name, outcomes in results.items():
        passed = sum(outcome.passed for outcome in outcomes)
        cut = sum(not outcome.ended for outcome in outcomes)
        print(f"{name}: {passed}/{len(outcomes)} = {passed / len(outcomes):.1%}, {cut} did not end")
        for outcome in outcomes:
            if not totals and (show or not outcome.passed):
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
                    "ended": outcome.ended,
                }
                for outcome in outcomes
            ]
            for name, outcomes in results.items()
        },
        ensure_ascii=True,
    )


def _chosen(known: list[Case], skills: Sequence[str], each: int | None) -> list[Case]:
    """The cases of these skills (all, when none is named), at most `each` of one."""
    by_name: dict[str, list[Case]] = {}
    for case in known:
        if not skills or case.skill in skills:
            by_name.setdefault(case.skill, []).append(case)
    return [case for group in by_name.values() for case in group[:each]]


def _known(options: argparse.Namespace) -> list[Case]:
    """The set of cases that is asked for."""
    if options.drawn is not None:
        return drawn.cases(options.drawn)
    if options.series:
        return series.cases()
    if options.unread:
        return plain.unread()
    return plain.cases() if options.plain else cases()


def main() -> None:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(description="Evaluate a checkpoint on held-out prompts.")
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument(
        "--engine", choices=("torch", "fp16", "int8", "int4"), default="torch",
        help="torch, or the app's engine on weights of this format",
    )  # fmt: skip
    parser.add_argument("--skills", default="", help="only these, separated by commas")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--plain", action="store_true", help="prompts as people type them")
    other.add_argument(
        "--unread", action="store_true", help="such prompts that nobody reads: totals alone"
    )
    other.add_argument("--series", action="store_true", help="plain wordings, each many times")
    other.add_argument(
        "--drawn", type=int, metavar="N", help="N problems of each kind from the corpus itself"
    )
    parser.add_argument("--each", type=int, help="only so many cases of a skill")
    parser.add_argument("--settings", default="greedy,chat", help=f"of {', '.join(SETTINGS)}")
    parser.add_argument("--longest", type=int, default=200, help="tokens of a completion at most")
    parser.add_argument("--show", action="store_true", help="print every completion")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.drawn is not None and options.drawn < 1:
        parser.error("--drawn takes how many problems of each kind: 1 or more")
    if options.unread and (options.show or options.json):
        parser.error("--unread prints totals alone: leave out --show and --json")
    skills = [skill for skill in options.skills.split(",") if skill]
    asked = _chosen(_known(options), skills, options.each)
    results = {
        name: evaluate(completer(options.model, options.engine, name, options.longest), asked)
        for name in options.settings.split(",")
    }
    if options.json:
        print(_as_json(results))
    else:
        _report(results, show=options.show, totals=options.unread)


if __name__ == "__main__":
    main()
