"""What the skills answer is right: recomputed here from the question."""

import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from random import Random

from training import words
from training.phrasing import expand, usual
from training.skills import (
    arithmetic,
    facts,
    knowledge,
    lists,
    smalltalk,
    system,
    text,
    text_given,
    text_json,
    text_lists,
    text_steps,
    text_words,
)

ROUNDS = 400
FOLDER = Path(__file__).parents[2] / "training"


def test_results_are_right_and_of_problems_that_are_not_held_out() -> None:
    written = 0
    for seed in range(ROUNDS):
        turn = arithmetic.calculate(Random(seed))
        left, sign, right, result = turn.assistant.replace(" = ", " ").split(" ")
        expected = {"+": int(left) + int(right), "-": int(left) - int(right)}
        assert int(result) == expected.get(sign, int(left) * int(right))
        assert not arithmetic.is_held_out(int(left), {"×": "x"}.get(sign, sign), int(right))
        asked = turn.user.lower()
        digits = set(re.findall(r"\d+", asked))
        said = set(re.findall(r"[a-z]+(?:-[a-z]+)?", asked))
        spoken = {one for one in {left, right} - digits if arithmetic.in_words(int(one)) in said}
        assert digits | spoken == {left, right}
        written += not digits
    assert written > 5


def test_what_comes_next_is_one_step_on() -> None:
    seen = set[type]()
    for seed in range(ROUNDS):
        turn = arithmetic.neighbour(Random(seed))
        found, where, given = re.fullmatch(r"(\w+) comes (\w+) (\w+)\.", turn.assistant).groups()  # type: ignore[union-attr]
        listed = [int(number) for number in re.findall(r"\d+", turn.user)]
        seen.add(int if listed else str)
        if listed:
            step = listed[1] - listed[0] if len(listed) > 1 else 1 if where == "after" else -1
            assert (int(found), int(given)) == (listed[-1] + step, listed[-1])
        else:
            assert ord(found) - ord(given) == (1 if where == "after" else -1)
    assert seen == {int, str}


def test_sorting_keeps_the_words_and_orders_them() -> None:
    ways = set()
    for seed in range(ROUNDS):
        given = text_lists.sort(Random(seed))
        items = re.split(r", |\s", given.assistant)
        down = items != sorted(items, key=str.lower)
        assert items == sorted(items, key=str.lower, reverse=down)
        assert all(item in given.user for item in items)
        ways.add(down)
    assert ways == {True, False}


def test_words_of_a_kind_are_all_that_the_list_has_of_it() -> None:
    kinds = text_lists.KINDS.values()
    for seed in range(ROUNDS):
        turn = text_lists.choose(Random(seed))
        assert all(word in turn.user for word in turn.assistant.split())
        turn = text_lists.of_kind(Random(seed))
        mentioned = re.findall(r"\w+", turn.user)
        found = turn.assistant.split()
        assert any(found == [word for word in mentioned if word in kind] for kind in kinds)


def test_the_last_words_of_a_list_are_its_last() -> None:
    asked = 0
    for seed in range(3 * ROUNDS):
        with text_given.shortly():
            turn = text_lists.choose(Random(seed))
        head, _, listed = turn.user.partition(": ")
        if head.startswith(("last", "the last")):
            chosen = turn.assistant.split()
            assert re.findall(r"\w+", listed.replace(" and ", " "))[-len(chosen) :] == chosen
            asked += 1
    assert asked > 10


def test_a_replaced_word_leaves_the_mark_behind_it() -> None:
    ended = 0
    for seed in range(ROUNDS):
        turn = text_words.replace(Random(seed))
        if turn.assistant[-1] in ".!?":
            ended += turn.assistant[:-1].split()[-1] not in turn.user.split()
    assert ended


def test_what_is_repeated_is_the_same_each_time() -> None:
    for seed in range(ROUNDS):
        turn = text_words.times(Random(seed))
        repeated = re.fullmatch(r"(.+?)(?:(, |\n| )\1)(?:\2\1)*", turn.assistant)
        assert repeated, turn.assistant
        assert repeated[1] in turn.user


def test_the_few_that_are_kept_are_the_first_or_the_last_of_the_list() -> None:
    for seed in range(ROUNDS):
        turn = text_steps.with_few(Random(seed))
        kept = re.findall(r"[^\W\d_]+", turn.assistant.lower())
        assert 2 <= len(kept) <= 3
        assert all(one in turn.user.lower() for one in kept)
        assert re.search(r"\b(?:first|last)\b", turn.user.lower())


def test_counting_goes_from_one_end_to_the_other() -> None:
    in_words = 0
    for seed in range(ROUNDS):
        turn = lists.count(Random(seed))
        numbers = [int(number) for number in turn.assistant.rstrip(".").split(", ")]
        assert len({after - before for before, after in pairwise(numbers)}) == 1
        in_words += not re.search(r"\d", turn.user)
    assert in_words > 5


def test_extracted_numbers_are_those_of_the_text() -> None:
    for seed in range(ROUNDS):
        turn = text_lists.extract(Random(seed))
        assert ", ".join(re.findall(r"\d+", turn.user)) == turn.assistant


def test_json_is_json_of_what_was_given() -> None:
    for seed in range(ROUNDS):
        turn = text_json.json(Random(seed))
        for key, value in json.loads(turn.assistant).items():
            assert key.lower() in turn.user.lower()
            for one in value if isinstance(value, list) else [value]:
                assert (one if isinstance(one, str) else json.dumps(one)) in turn.user


def test_lists_have_the_length_that_was_asked_for_and_no_repeats() -> None:
    for category in lists.CATEGORIES:
        assert len(set(category.items)) == len(category.items)
    for seed in range(ROUNDS):
        lines = lists.name_some(Random(seed)).assistant.split("\n")
        if lines[0].startswith("1. "):
            assert [line.split(". ")[0] for line in lines] == [
                str(at + 1) for at in range(len(lines))
            ]
        assert len({line.split(". ")[-1] for line in lines}) == len(lines)


def test_what_follows_a_sum_is_worked_out_with_its_result_or_by_itself() -> None:
    goes_on = 0
    for seed in range(ROUNDS):
        first, then = arithmetic.followed(Random(seed))
        left, sign, right, _, found = then.assistant.split()
        sign = {"×": "x"}.get(sign, sign)
        assert int(found) == arithmetic.result(int(left), sign, int(right))
        assert not arithmetic.is_held_out(int(left), sign, int(right))
        asked = set(re.findall(r"\d+", then.user))
        assert right in asked
        if left not in asked:
            goes_on += 1
            assert first.assistant.endswith(f" = {left}")
    assert goes_on > ROUNDS / 4


def test_numbers_are_written_in_words() -> None:
    assert [arithmetic.in_words(one) for one in (0, 13, 20, 47, 99)] == [
        "zero", "thirteen", "twenty", "forty-seven", "ninety-nine",
    ]  # fmt: skip


_FORMS = (
    "The capital of .+ is .+", "The opposite of .+ is .+", "The plural of .+ is .+",
    "The past tense of .+ is .+", "A baby .+ is called .+", ".+ says .+", ".+ has .+ legs.",
    "(?!The (?:capital|opposite|plural|past tense) of|A baby).+ is .+",
)  # fmt: skip


def test_a_fact_that_is_asked_for_in_fewer_words_is_of_the_same_kind() -> None:
    for seed in range(ROUNDS):
        first, then = facts.followed(Random(seed))
        assert first.assistant != then.assistant
        forms = [form for form in _FORMS if re.fullmatch(form, first.assistant)]
        assert any(re.fullmatch(form, then.assistant) for form in forms)


def test_facts_have_one_sentence_each() -> None:
    for seed in range(ROUNDS):
        turn, value = facts.draw(Random(seed))
        assert value in turn.assistant
        assert turn.assistant.endswith(".")


def test_a_question_belongs_to_one_answer() -> None:
    for language in ("en", "zh", "ja"):
        owners: dict[str, str] = {}
        known = [(kind["answers"][0], kind) for kind in smalltalk.kinds(language)]
        known += [(intent["id"], intent) for intent in knowledge.intents(language)]
        for name, kind in known:
            for pattern in [*kind.get("ask", ()), *kind["messages"]]:
                for seed in range(20):
                    text = re.sub(r"\W+", " ", expand(pattern, Random(seed)).lower()).strip()
                    assert owners.setdefault(text, name) == name, text


def test_a_second_message_goes_on_with_what_the_first_made() -> None:
    def bare(part: str) -> str:
        return part.lower().strip(".!?:")

    seen = set()
    for seed in range(300):
        made = text_steps.followed(Random(seed))
        first, second = (re.findall(r"[^\s,]+", turn.assistant) for turn in made)
        kept = [part for part in second if part != "-" and not re.fullmatch(r"\d+\.", part)]
        if made[1].assistant == str(len(first)):
            seen.add("count")
        else:
            assert {bare(part) for part in kept} <= {bare(part) for part in first}
            seen.add("one" if len(kept) < len(first) else "all")
    assert seen == {"count", "one", "all"}


def test_a_question_on_the_app_may_name_only_another_thing() -> None:
    answers = {intent["answers"][0]: intent["id"] for intent in knowledge.intents("en")}
    for seed in range(300):
        first, then = knowledge.followed(Random(seed))
        assert answers[first.assistant] != answers[then.assistant]


def test_forms_of_made_up_words_are_none_of_known_ones() -> None:
    for seed in range(3000):
        turn, value = facts.draw(Random(seed), "past" if seed % 2 else "plural")
        assert not re.search(r"\b(goed|doed|beed|bed|oxes|seed)\b", value), turn


def test_half_of_the_wordings_come_from_the_first_eighth() -> None:
    patterns, rng = [str(at) for at in range(100)], Random(1)
    drawn = [int(usual(rng, patterns)) for _ in range(4000)]
    assert 0.45 < sum(at < 12.5 for at in drawn) / len(drawn) < 0.55
    assert len(set(drawn)) == 100


def test_what_is_known_is_not_refused() -> None:
    texts = tomllib.loads((FOLDER / "knowledge" / "limits.toml").read_text(encoding="utf-8"))
    unlisted = re.split(r",\s*", texts["en"]["words"]["unlisted"].strip())
    assert set(unlisted).isdisjoint(facts.table("capital"))


def test_held_out_words_stand_in_no_data() -> None:
    files = [path for ending in ("*.toml", "*.txt") for path in FOLDER.rglob(ending)]
    assert len(files) > 30
    for path in files:
        text = path.read_text(encoding="utf-8").lower()
        found = [held for held in words.HELD_OUT if held.lower() in text]
        found += sorted(set(words.UNSEEN).intersection(re.findall(r"[a-z]+", text)))
        # Names are built from these characters and places drawn from these lists, without them.
        assert not found or path.name == "words.toml", (path, found)


def test_no_slot_is_left_open() -> None:
    for seed in range(ROUNDS):
        turns = [
            text.english(Random(seed)),
            *text.drill(Random(seed)),
            *arithmetic.drill(Random(seed)),
        ]
        talk = system.conversation(Random(seed))
        said = [
            talk.system or "",
            *(part for turn in (*turns, *talk.turns) for part in (turn.user, turn.assistant)),
        ]
        assert not [part for part in said if re.search(r"\{\w+\}|\|", part)]


def test_words_for_evaluation_are_no_words_of_instructions() -> None:
    assert set(words.UNSEEN).isdisjoint(words.ORDINARY)
    written = [*words.SENTENCES, *(item for made in words.LISTS for item in made)]
    assert set(words.UNSEEN).isdisjoint(re.findall(r"[a-z]+", "\n".join(written).lower()))
    rng = Random(1)
    assert not {words.rare(rng) for _ in range(2000)} & set(words.UNSEEN)
    assert all(map(words.is_held_out, words.UNSEEN))
