"""How a completion is judged, and that the cases are what the aims speak of."""

from collections import Counter

import pytest

from training.cases import Case, cases, drawn, plain, series
from training.cases.aims import AIMS, Aim
from training.cases.case import talk
from training.evaluate import SHIPPED, Outcome, by_skill, completer, evaluate, main


def _case(**rules: object) -> Case:
    return Case("x", talk("a question"), ("blue",), **rules)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "completion", "passed"),
    [
        (_case(), "It is blue.", True),
        (_case(), "It is red.", False),
        (_case(exact=True), "blue", True),
        (_case(exact=True), "It is blue.", False),
        (Case("x", talk("a question"), ("blue", "red"), exact=True), "red", True),
        (_case(forbidden=("red",)), "blue and red", False),
        (_case(one_of=("sea", "sky")), "blue sky", True),
        (_case(one_of=("sea", "sky")), "blue", False),
        (_case(fold=True), "Blue it is.", True),
        (_case(fold=True, forbidden=("red",)), "Blue and RED", False),
    ],
)
def test_rules(case: Case, completion: str, passed: bool) -> None:
    assert Outcome(case, completion, ended=True).passed is passed


def test_counts_by_skill() -> None:
    case = _case()
    assert by_skill([Outcome(case, "blue", ended=True), Outcome(case, "red", ended=True)]) == {
        "x": (1, 2)
    }


def test_a_completion_that_had_all_its_tokens_did_not_end_by_itself() -> None:
    asked = [Case("x", talk("Hello!"), ("",))]
    (cut,) = evaluate(completer(SHIPPED, "torch", "greedy", longest=1), asked)
    (whole,) = evaluate(completer(SHIPPED, "torch", "greedy", longest=64), asked)
    assert not cut.ended
    assert whole.ended
    assert whole.completion.startswith(cut.completion)


def test_an_aim_looks_at_the_whole_and_at_each() -> None:
    aim = Aim("both", 0.5, ("a", "b"), each=0.3)
    assert aim.share({"a": (3, 4), "b": (1, 4)}) == 0.5
    assert not aim.reached({"a": (3, 4), "b": (1, 4)})
    assert aim.reached({"a": (2, 4), "b": (2, 4)})
    assert not aim.reached({})


def test_every_case_counts_for_one_aim() -> None:
    asked = {case.skill for case in cases()}
    aimed = [skill for aim in AIMS for skill in aim.skills]
    assert asked == set(aimed)
    assert {case.skill for case in [*plain.cases(), *plain.unread(), *series.cases()]} <= asked
    assert len(aimed) == len(set(aimed))


def test_cases_do_not_change() -> None:
    for made in (cases, plain.cases, plain.unread, series.cases):
        assert made() == made()
        assert all(case.messages[-1]["role"] == "user" for case in made())


def test_drawn_problems_are_the_same_ones_each_time_and_have_one_right_answer() -> None:
    asked = drawn.cases(3)
    assert asked == drawn.cases(3)
    assert Counter(case.skill for case in asked) == dict.fromkeys(drawn.KINDS, 3)
    assert all(case.messages[-1]["role"] == "user" for case in asked)
    assert all(Outcome(case, case.expected[0], ended=True).passed for case in asked)
    assert not any(
        Outcome(case, f"{case.expected[0]} and more", ended=True).passed for case in asked
    )


def test_series_have_many_cases_of_each_kind_and_can_be_passed() -> None:
    asked = series.cases()
    counts = Counter(case.skill for case in asked)
    assert min(counts.values()) >= series.EACH
    assert all(
        Outcome(case, case.expected[0], ended=True).passed for case in asked if case.expected
    )
    anew = [case for case in asked if case.skill == "remember anew"]
    assert all(f" {case.expected[0]}." not in case.forbidden for case in anew)
    assert all(case.forbidden[0].strip(" .") in case.messages[0]["content"] for case in anew)


@pytest.mark.parametrize("option", ["--show", "--json"])
def test_of_what_nobody_reads_no_prompt_is_printed(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = [Outcome(case, "", ended=True) for case in plain.unread()]
    monkeypatch.setattr("training.evaluate.completer", lambda *_: None)
    monkeypatch.setattr("training.evaluate.evaluate", lambda *_: missed)
    monkeypatch.setattr("sys.argv", ["evaluate", "--unread", "--settings", "greedy"])
    main()
    printed = capsys.readouterr().out
    assert f"greedy: 0/{len(missed)}" in printed
    assert "MISS" not in printed
    monkeypatch.setattr("sys.argv", ["evaluate", "--unread", option])
    with pytest.raises(SystemExit):
        main()
    assert "leave out --show and --json" in capsys.readouterr().err
