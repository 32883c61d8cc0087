"""What the skills answer is right: recomputed here from the question."""

import json
import re
import tomllib
from itertools import combinations, pairwise
from pathlib import Path
from random import Random

import pytest

from training import words
from training.dialogue import Turn
from training.phrasing import expand, usual
from training.skills import (
    arithmetic,
    facts,
    knowledge,
    lists,
    memory,
    memory_chats,
    memory_facts,
    memory_relations,
    memory_slots,
    memory_turns,
    memory_written,
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
    for seed in range(ROUNDS):
        turn = arithmetic.calculate(Random(seed))
        left, sign, right, result = turn.assistant.replace(" = ", " ").split(" ")
        expected = {"+": int(left) + int(right), "-": int(left) - int(right)}
        assert int(result) == expected.get(sign, int(left) * int(right))
        assert not arithmetic.is_held_out(int(left), {"×": "x"}.get(sign, sign), int(right))
        assert set(re.findall(r"\d+", turn.user)) == {left, right}


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


def test_the_fact_that_was_told_last_is_the_one_that_counts() -> None:
    counted = 0
    for seed in range(ROUNDS):
        rng = Random(seed)
        (fact,) = memory_facts.facts(rng, 1)
        new, turn = memory_turns.corrected(rng, fact)
        asked = memory_turns.recalled(rng, new)
        said = memory_slots.slots_of(new)["at"].lower()  # a sentence begins with a capital
        assert said in turn.user.lower()
        assert new.value in asked.assistant
        counted += new.value != fact.value and fact.value not in turn.user
    assert counted > ROUNDS / 2


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


def test_more_of_what_is_asked_was_told_than_not() -> None:
    told = untold = 0
    for seed in range(ROUNDS):
        made = memory.quizzed(Random(seed))
        read = "\n".join(turn.user for turn in made if turn.heard)
        for turn in made:
            if not turn.heard and turn.assistant.startswith("You have not told me"):
                untold += 1
            elif not turn.heard:
                told += 1
                assert re.findall(r"\w+", turn.assistant)[-1] in read or "year" in turn.assistant
    assert 0.55 < told / (told + untold) < 0.75


def test_notes_are_asked_for_with_others_that_are_not_there() -> None:
    told = untold = 0
    for seed in range(ROUNDS):
        lines, asked = memory.noted_down(Random(seed))
        for turn in asked:
            if turn.assistant == memory_slots.UNTOLD:
                untold += 1
            else:
                told += 1
                value = re.findall(r"\w+", turn.assistant.removesuffix(" years old."))[-1]
                assert value in "\n".join(lines)
    assert 0.15 < untold / told < 0.4


def test_what_was_noted_last_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[tuple[str, str]] = []
    corrected = memory.corrected

    def noting(rng: Random, fact: memory_slots.Fact) -> tuple[memory_slots.Fact, Turn]:
        new, turn = corrected(rng, fact)
        replaced.append((fact.value, new.value))
        return new, turn

    monkeypatch.setattr(memory, "corrected", noting)
    for seed in range(ROUNDS):
        replaced.clear()
        answers = [turn.assistant for turn in memory.noted_down(Random(seed))[1]]
        for old, new in replaced:
            assert any(new in answer for answer in answers)
            if old not in {value for _, value in replaced}:  # another fact's by now
                assert not any(answer.endswith(f": {old}.") for answer in answers)


def test_a_chat_tells_what_it_is_asked_for() -> None:
    for seed in range(5 * ROUNDS):
        lines, known, _ = memory_chats.chat(Random(seed))
        assert known
        assert not re.search(r"[{}]", "".join(user + reply for user, reply in lines))
        for fact in known:
            assert set(fact.said.splitlines()) <= {user for user, _ in lines}
            assert fact.value in fact.said.splitlines()[-1]
            assert fact.value in memory_turns.recalled(Random(seed), fact).assistant


def test_chats_are_written_as_they_should_be() -> None:
    for chat in memory_chats.CHATS:
        told = re.findall(r"\{(?:new )?(?:a_)?(\w+)", "".join(user for user, _ in chat.lines))
        heard = re.findall(r"\{(?:new )?(?:a_)?(\w+)", "".join(reply for _, reply in chat.lines))
        assert set(heard) <= set(told), chat
        assert {name for name in told if name.isdigit()} == set(chat.asks), chat
        assert "{" not in "".join(
            [*chat.untold, *(one for asks in chat.asks.values() for one in asks)]
        )


def test_what_a_chat_tells_anew_is_what_counts() -> None:
    chat = memory_chats.read(
        "U: It is {1:day}.\nA: OK.\nU: No, {new 1}.\nA: OK.\nQ: Which day? = 1"
    )
    for seed in range(ROUNDS):
        lines, (fact,) = memory_chats.told(Random(seed), chat)
        (first, _), (second, _) = lines
        assert second == f"No, {fact.value}."
        assert fact.said == f"{first}\n{second}\n"
        assert fact.value not in first


def test_a_fact_of_no_kind_is_named_by_words_of_its_question() -> None:
    def named(question: str, said: str) -> str:
        slot = memory_facts.SLOTS["name"]
        return memory_written.topic(question, memory_slots.Fact("written", slot, "", "fish", said))

    assert named("Where is my alarm clock?", "I keep the alarm clock here.") == "alarm clock"
    assert named("What does Nora's dog eat?", "nora has a dog. The dog eats fish.") == "Nora's dog"
    assert named("Who sold the fish, Ada?", "Ada sold me fish.") == "Ada"
    assert named("What is it?", "It is this.") == ""


def test_what_is_told_of_several_alike_is_told_apart() -> None:
    for seed in range(5 * ROUNDS):
        known, untold = memory_relations.drawn(Random(seed))
        asks = [{question for group in fact.slot.ask for question in group} for fact in known]
        assert len({fact.value for fact in known}) == len(known) >= 2
        assert sum(map(len, asks)) == len(set().union(*asks))
        assert not set().union(*asks) & {one for group in untold.slot.ask for one in group}
        lists = [one for fact in (*known, untold) for one in (*fact.slot.tell, *fact.slot.renew)]
        assert not [one for one in lists if "{s}" in one]


def test_of_several_alike_what_was_told_is_the_answer() -> None:
    untold = 0
    for seed in range(5 * ROUNDS):
        made = memory.compared(Random(seed))
        read = "\n".join(turn.user for turn in made if turn.heard)
        for turn in (turn for turn in made if not turn.heard):
            if turn.assistant == memory_slots.UNTOLD:
                untold += 1
                continue
            _, told, value = turn.assistant.partition("ou told me: ")
            assert told
            assert value.rstrip(".") in read
    assert untold


def test_of_several_alike_the_latest_value_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[tuple[str, str]] = []
    corrected = memory.corrected

    def noting(rng: Random, fact: memory_slots.Fact) -> tuple[memory_slots.Fact, Turn]:
        new, turn = corrected(rng, fact)
        replaced.append((fact.value, new.value))
        return new, turn

    monkeypatch.setattr(memory, "corrected", noting)
    for seed in range(5 * ROUNDS):
        replaced.clear()
        answers = [turn.assistant for turn in memory.compared(Random(seed)) if not turn.heard]
        for old, new in replaced:
            assert any(answer.endswith(f"ou told me: {new}.") for answer in answers)
            assert not any(answer.endswith(f"ou told me: {old}.") for answer in answers)


def test_relations_that_stand_beside_each_other_share_no_wording() -> None:
    people = [one for one in memory_relations.RELATIONS if not one.subjects]
    for one in people:
        others = [other for other in people if one.apart(other)]
        assert len(others) > len(people) / 2
        assert one not in others


def test_a_question_for_a_fact_belongs_to_one_kind() -> None:
    def asked(name: str) -> set[str]:
        slot = memory_facts.SLOTS[name]
        patterns = [pattern for group in (*slot.ask, slot.noun) for pattern in group]
        return {
            expand(pattern, Random(0)).lower().replace("{k}", slot.keys[0]) for pattern in patterns
        }

    own = [
        {expand(pattern, Random(seed)).lower() for pattern in said["ask"] for seed in range(9)}
        for said in memory_facts.OWN.values()
    ]
    assert sum(map(len, own)) == len(set().union(*own))
    assert not set().union(*own) & set().union(*map(asked, memory_facts.SLOTS))
    for one, other in combinations(memory_facts.SLOTS, 2):
        shared = asked(one) & asked(other)
        assert not shared or {one, other} in memory_facts.APART, (one, other, shared)


def test_what_is_near_a_told_fact_is_still_untold() -> None:
    kinds = set()
    for seed in range(5 * ROUNDS):
        rng = Random(seed)
        known = memory_facts.facts(rng, 1)
        if near := memory_facts.neighbour(rng, known):
            assert (near.kind, near.key) != (known[0].kind, known[0].key)
            assert memory_turns.not_told(rng, near).assistant.startswith("You have not told me")
            kinds.add((known[0].kind, near.kind))
    assert {("city", "lives"), ("animal", "pet"), ("pet", "pet")} <= kinds


def _of_no_kind(seed: int) -> memory_slots.Fact | None:
    (fact,) = memory_facts.facts(Random(seed), 1)
    return fact if fact.kind == memory_written.WRITTEN else None


def test_a_fact_of_no_kind_is_answered_with_its_value() -> None:
    found = [fact for seed in range(5 * ROUNDS) if (fact := _of_no_kind(seed))]
    assert len(found) > ROUNDS
    for seed, fact in enumerate(found):
        rng = Random(seed)
        fact, turn = memory_turns.told(rng, fact)
        assert fact.value in fact.said
        assert fact.said == turn.user + "\n"
        answer = memory_turns.recalled(rng, fact).assistant
        assert answer.endswith(f"ou told me: {fact.value}.")
        near = memory_facts.neighbour(rng, [fact, *found[seed + 1 : seed + 4]])
        assert near is not None
        assert near.key not in {one.key for one in (fact, *found[seed + 1 : seed + 4])}
    assert any(re.fullmatch(r"\d+ (minutes|euros)", fact.value) for fact in found)


def test_a_fact_of_no_kind_is_told_anew_by_messages_of_its_own() -> None:
    seen = set()
    for seed in range(10 * ROUNDS):
        if not (fact := _of_no_kind(seed)):
            continue
        clear, bare = fact.slot.renew
        for plain in (True, False):
            new, turn = memory_turns.corrected(Random(seed), fact, plain=plain)
            said = {
                pattern: pattern.replace("{v}", new.value).replace("{o}", fact.value).lower()
                for pattern in (clear, bare)
            }
            seen |= {
                (pattern == bare, plain)
                for pattern, text in said.items()
                if turn.user.lower() == text
            }
    # What does not say which fact it is about comes only where no other was told.
    assert seen == {(False, True), (False, False), (True, True)}


def test_a_message_that_tells_several_things_holds_each_of_them() -> None:
    sizes = set()
    for seed in range(ROUNDS):
        rng = Random(seed)
        known, text = memory_written.together(rng)
        assert len({fact.value for fact in known}) == len(known)
        for fact in known:
            assert fact.value in text
            told = memory_slots.told_by(fact, text)
            assert fact.value in memory_turns.recalled(rng, told).assistant
            new, turn = memory_turns.corrected(rng, fact)
            assert new.value in turn.user
            assert fact.value in turn.user  # otherwise nothing says which of them it corrects
        sizes.add(len(known))
    assert sizes == {2, 3}


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
            assert key in turn.user
            assert str(value) in turn.user


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


def test_a_correction_tells_the_new_value_and_where_plain_often_no_more() -> None:
    short = 0
    for seed in range(400):
        (fact,) = memory_facts.facts(Random(seed), 1)
        new, turn = memory_turns.corrected(Random(seed), fact, plain=True)
        assert new.value != fact.value
        assert memory_slots.slots_of(new)["at"].lower() in turn.user.lower()
        short += len(turn.user) < len(new.value) + 12
    assert short > 20


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
