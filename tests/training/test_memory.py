"""Facts to remember: what is told, told anew and asked for, by itself and in conversations."""

import re
from collections.abc import Callable
from itertools import combinations
from random import Random

import pytest

from training.dialogue import Turn
from training.phrasing import expand
from training.skills import (
    memory,
    memory_chats,
    memory_facts,
    memory_lines,
    memory_near,
    memory_plain,
    memory_relations,
    memory_slots,
    memory_turns,
    memory_written,
)

ROUNDS = 400
OTHER = Turn("What is 2 + 2?", "4")
OF_YOURSELF = "You told me that of yourself."


def _in_a_row(made: memory_turns.Read) -> list[Turn]:
    read, asked = made
    return read + asked


def _is_of(turn: Turn, value: str) -> bool:
    """Whether the value is the answer, or it is asked whose it is."""
    told = turn.assistant != memory_slots.UNTOLD
    return told and (value in turn.assistant or value.lower() in turn.user.lower())


def _noting(
    corrected: Callable[..., tuple[memory_slots.Fact, Turn]], found: list[tuple[str, str]]
) -> Callable[..., tuple[memory_slots.Fact, Turn]]:
    def noting(rng: Random, fact: memory_slots.Fact, **how: bool) -> tuple[memory_slots.Fact, Turn]:
        new, turn = corrected(rng, fact, **how)
        found.append((fact.value, new.value))
        return new, turn

    return noting


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Old and new values of what is told anew in whole conversations."""
    found: list[tuple[str, str]] = []
    for module, name in (
        (memory, "corrected"),
        (memory_lines, "corrected"),
        (memory_lines, "corrected_plainly"),
        (memory_plain, "corrected_plainly"),
    ):
        monkeypatch.setattr(module, name, _noting(getattr(module, name), found))
    return found


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


def test_more_of_what_is_asked_was_told_than_not() -> None:
    told = untold = 0
    for seed in range(ROUNDS):
        made = _in_a_row(memory.quizzed(Random(seed)))
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
        lines, asked = memory_lines.noted_down(Random(seed))
        for turn in asked:
            if turn.assistant == memory_slots.UNTOLD:
                untold += 1
            else:
                told += 1
                value = re.findall(r"\w+", turn.assistant.removesuffix(" years old."))[-1]
                assert value in "\n".join(lines) or turn.assistant == OF_YOURSELF
    assert 0.15 < untold / told < 0.4


def test_keys_have_the_values_that_were_told_last(replaced: list[tuple[str, str]]) -> None:
    told = untold = 0
    for seed in range(2 * ROUNDS):
        replaced.clear()
        lines, pairs = memory_lines.keyed(Random(seed))
        read, keys = "\n".join(lines).lower(), dict(pairs)
        assert len(keys) == len(pairs)
        for key, value in pairs:
            if value == "not told":
                untold += 1
            else:
                told += 1
                said = re.sub("^(?:on|at) (?!the )", "", value.lower())  # "moved to Monday"
                assert key.lower() in read or said in read
        gone = {old for old, _ in replaced} - {new for _, new in replaced}
        assert not gone & set(keys.values())
        assert {keys[old] for old in gone & set(keys)} <= {"not told"}
    assert 0.1 < untold / told < 0.3


def test_what_was_noted_last_is_the_answer(replaced: list[tuple[str, str]]) -> None:
    for seed in range(ROUNDS):
        replaced.clear()
        asked = memory_lines.noted_down(Random(seed))[1]
        answers = [turn.assistant for turn in asked]
        for old, new in replaced:
            assert any(_is_of(turn, new) for turn in asked)
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
        return memory_written.topic(question, said, "fish")

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
        made = _in_a_row(memory.compared(Random(seed)))
        read = "\n".join(turn.user for turn in made if turn.heard)
        for turn in (turn for turn in made if not turn.heard):
            if turn.assistant == memory_slots.UNTOLD:
                untold += 1
                continue
            if turn.assistant == OF_YOURSELF:
                continue
            _, told, value = turn.assistant.partition("ou told me: ")
            assert told
            assert value.rstrip(".").split(" ")[-1] in read
    assert untold


def test_whose_a_value_is_can_be_asked_for_too() -> None:
    asked = 0
    for seed in range(2 * ROUNDS):
        rng = Random(seed)
        known, untold = memory_relations.drawn(rng)
        known, _ = memory_turns.one_by_one(memory_turns.told(rng, fact) for fact in known)
        for told_first in (one for one in known if one.slot.who):
            fact, _ = memory_turns.corrected(rng, told_first)
            if not memory_slots.written(fact):  # a typo in it
                continue
            asked += 1
            turn = memory_turns.whose(rng, fact)
            if fact.slot.subject == memory_relations.USER:
                assert turn.assistant == OF_YOURSELF
                continue
            about, told, subject = turn.assistant.rstrip(".").partition("ou told me: ")
            assert told
            assert fact.value.lower() in turn.user.lower()
            assert re.sub(r"^your\b", "my", subject).lower() == fact.slot.subject.lower()
            assert not re.search(rf"\b{re.escape(subject)}\b", about, re.IGNORECASE)
        if untold.slot.who:
            turn = memory_turns.whose(rng, untold, known=False)
            assert turn.assistant == memory_slots.UNTOLD
    assert asked > ROUNDS


def test_the_plainest_facts_are_asked_for_and_what_is_near_is_not_told(
    replaced: list[tuple[str, str]],
) -> None:
    untold = 0
    for seed in range(5 * ROUNDS):
        replaced.clear()
        made = _in_a_row(memory_plain.plainly(Random(seed), lambda rng: OTHER))
        read = "\n".join(turn.user for turn in made if turn.heard).lower()
        answers = [turn.assistant for turn in made if not turn.heard and turn is not OTHER]
        answers = [answer for answer in answers if answer != memory_slots.NOTED]
        told = [answer for answer in answers if answer != memory_slots.UNTOLD]
        untold += len(answers) - len(told)
        for answer in told:
            assert re.findall(r"\w+", answer.removesuffix(" years old."))[-1].lower() in read
        for _, new in replaced:
            assert any(new in answer for answer in told)
    assert 0.2 < untold / (5 * ROUNDS) < 0.6


def test_of_what_stands_near_others_only_what_was_told_is_answered() -> None:
    told = 0
    for seed in range(5 * ROUNDS):
        made = _in_a_row(memory_near.nearly(Random(seed), lambda rng: OTHER))
        read = "\n".join(turn.user for turn in made if turn.heard).lower()
        answers = [turn.assistant for turn in made if not turn.heard and turn is not OTHER]
        known = [answer for answer in answers if answer != memory_slots.UNTOLD]
        told += len(known)
        for answer in known:
            assert re.findall(r"\w+", answer.removesuffix(" years old."))[-1].lower() in read
    assert 1.1 < told / (5 * ROUNDS) < 1.5


def test_what_is_near_several_facts_one_below_the_other_answers_none() -> None:
    told = untold = 0
    for seed in range(ROUNDS):
        lines, asked = memory_near.noted_near(Random(seed))
        read = "\n".join(lines).lower()
        for turn in asked:
            if turn.assistant == memory_slots.UNTOLD:
                untold += 1
                continue
            told += 1
            value = turn.assistant.removesuffix(" years old.")
            assert re.findall(r"\w+", value)[-1].lower() in read
    assert 0.1 < untold / told < 0.35


def test_questions_are_keys_of_what_was_told_in_free_words() -> None:
    told = untold = 0
    for seed in range(ROUNDS):
        lines, pairs = memory_near.keyed_near(Random(seed))
        assert len(dict(pairs)) == len(pairs)
        for _, value in pairs:
            told += value != memory_turns.NOT_TOLD
            untold += value == memory_turns.NOT_TOLD
            assert value == memory_turns.NOT_TOLD or value.lower() in "\n".join(lines).lower()
    assert 0.1 < untold / told < 0.35


def test_our_own_replies_take_note_of_the_value_that_was_told() -> None:
    restated = re.compile(r"Got it, .*? (?:is|are|in|called) (\w+)\.$")
    noted = 0
    for seed in range(2 * ROUNDS):
        made, asked = memory_near.answered(Random(seed), 1, lambda rng: OTHER)
        assert not any(turn.heard for turn in asked)
        for turn in (turn for turn in made if not turn.heard):
            if found := restated.match(turn.assistant):
                noted += 1
                assert found[1].lower() in turn.user.lower()
        read = "\n".join(turn.user for turn in made).lower()
        for turn in (turn for turn in asked if turn.assistant != memory_slots.UNTOLD):
            value = turn.assistant.removesuffix(" years old.")
            assert re.findall(r"\w+", value)[-1].lower() in read
    assert noted > ROUNDS / 4


def test_what_is_told_of_a_kind_has_one_reply_of_ours() -> None:
    keys = "|".join(memory_facts.SLOTS["lives"].keys)
    told = re.compile(rf"my (?:{keys}) (?:lives in|is called) \w+\W?", re.IGNORECASE)
    seen = 0
    for seed in range(20 * ROUNDS):
        for turn in memory_near.answered(Random(seed), 0, lambda rng: OTHER)[0]:
            if not turn.heard and told.fullmatch(turn.user):
                seen += 1
                assert turn.assistant.startswith("Got it, your "), turn
    assert seen > 5


def test_the_value_that_was_told_last_near_others_is_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replaced: list[tuple[str, str]] = []
    renewed = memory_near.renewed

    def noting(rng: Random, fact: memory_slots.Fact) -> memory_slots.Fact:
        new = renewed(rng, fact)
        replaced.append((fact.value, new.value))
        return new

    monkeypatch.setattr(memory_near, "renewed", noting)
    for seed in range(2 * ROUNDS):
        replaced.clear()
        made = _in_a_row(memory_near.nearly(Random(seed), lambda rng: OTHER))
        answers = [turn.assistant for turn in made if not turn.heard]
        gone = {old for old, _ in replaced}
        for _, new in replaced:
            assert new in gone or any(new in answer for answer in answers)


def test_a_plain_line_has_one_pronoun_for_each_of_whom_it_tells() -> None:
    for seed in range(5 * ROUNDS):
        made = _in_a_row(memory_plain.plainly(Random(seed), lambda rng: OTHER))
        told = " ".join(turn.user for turn in made if turn.heard)
        brothers = re.search(r"[Mm]y (?:brother|father|son|uncle)(?: is called|'s name is)", told)
        if brothers and not re.search(r"sister|mother|wife|aunt|daughter|niece|mum|grandma", told):
            assert not re.search(r"\b[Ss]he is \d+ years old|\b[Hh]er name is", told), told


def test_blocks_of_facts_are_written_as_they_should_be() -> None:
    for block in memory_near.BLOCKS:
        assert block.kind == memory_near.WRITTEN or block.kind in memory_facts.SLOTS
        for one in (*block.tell, *block.clear, *block.short):
            assert len(re.findall(r"\{(?:a_)?v\}", one)) == 1, one
        for one in (*block.ask, *block.near, *block.untold):
            assert not re.search(r"\{(?:a_)?[vo]\}", one), one


def test_of_several_alike_the_latest_value_counts(replaced: list[tuple[str, str]]) -> None:
    for seed in range(5 * ROUNDS):
        replaced.clear()
        made = _in_a_row(memory.compared(Random(seed)))
        asked = [turn for turn in made if not turn.heard]
        answers = [turn.assistant for turn in asked]
        for old, new in replaced:
            assert any(_is_of(turn, new) for turn in asked)
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
    assert sizes >= {2, 3, 4}


def test_a_correction_tells_the_new_value_and_where_plain_often_no_more() -> None:
    short = 0
    for seed in range(400):
        (fact,) = memory_facts.facts(Random(seed), 1)
        new, turn = memory_turns.corrected(Random(seed), fact, plain=True)
        assert new.value != fact.value
        assert memory_slots.slots_of(new)["at"].lower() in turn.user.lower()
        short += len(turn.user) < len(new.value) + 12
    assert short > 20
