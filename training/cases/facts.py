# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Small facts in wordings that `training/skills/facts.toml` cannot make.

Contract: the facts themselves are the ones that the model was taught, or follow a rule that it was
taught; the question is new.
"""

from random import Random

from training.cases.case import Case, talk
from training.skills import facts

_WORDINGS: dict[str, tuple[str, ...]] = {
    "capital": (
        "Which city serves as the capital of {k}?", "Remind me of the capital of {k}, please.", "I forgot what the capital of {k} is.", "Suppose I visit the capital of {k}. Which city am I in?", "For {k}, the capital would be which city?", "Quiz time! The capital of {k}?",
        "Do you happen to know the capital city of {k}?", "{k} has which city as its capital?", "Would you tell me what {k}'s capital is?", "my homework: capital of {k}", "Please help me with geography. Capital of {k}?", "What city is capital in {k}?",
    ),
    "opposite": (
        "What would be the opposite of {k}?", "Which word is the exact opposite of {k}?", "I need a word that means the opposite of {k}.", "Please name {k}'s opposite.", "What's the reverse of the word {k}?", "If not {k}, then what?", "The word {k} has which opposite?", "Do you know a word opposite to {k}?", "Give the opposite: {k}",
        "Something that is the contrary of {k}, what is it?",
    ),
    "plural": (
        "What would the plural of {k} be?", "How do we say {k} if there are many?", "I have one {k}, you have two. Two what?", "Please tell me {k}'s plural.", "In English, what is the plural of {k}?", "What is the correct plural for {k}?", "The word {k} has which plural?", "Give the plural: {k}", "Do you know how the plural of {k} is written?",
    ),
    "past": (
        "What would the past tense of {k} be?", "How do we say {k} if it was yesterday?", "Please tell me {k}'s past tense.", "In English, what is the past tense of {k}?", "What is the correct past form for {k}?", "The verb {k} has which past tense?", "Give the past tense: {k}", "Do you know how the past tense of {k} is written?", "Which is the past tense of to {k}?",
    ),
    "colour": (
        "Which colour would you say {a} has?", "Could you tell me the colour of {a}?", "If I look at {a}, which colour do I see?", "I want to paint {a}. Which colour do I take?", "So what colour is {a}?", "Name the typical colour of {a}.", "{a}, what's the colour of that?",
    ),
    "sound": ("Which sound would {a} make?", "Do the sound of {a} for me!", "What is it that {a} says?", "If {a} could talk, what would it say?", "Could you tell me what {a} says?", "What noise do you hear from {a}?"),
    "young": ("What name do we give to a baby {k}?", "Which word do we use for a young {k}?", "The little one of {a} is called what?", "A very young {k}, how is it called?"),
    "legs": ("Could you count the legs of {a}?", "If you look at {a}, how many legs do you see?", "The number of legs {a} has is what?", "How many legs can {a} walk on?"),
    "sides": ("Could you count the sides of {a}?", "So how many sides are there on {a}?", "If I draw {a}, how many sides does it get?"),
}  # fmt: skip
# Words of `training.words.UNSEEN`; their forms follow the rules and are not in the corpus either.
_NOUNS = ("spindle", "goblet", "nugget", "locket")
_VERBS = ("burrow", "quiver", "scurry", "cascade")


def cases(rng: Random) -> list[Case]:
    """Each wording once, with a fact drawn from its kind."""
    made = []
    for kind, wordings in _WORDINGS.items():
        drawn = rng.sample(list(facts.table(kind).items()), len(wordings))
        for wording, (key, value) in zip(wordings, drawn, strict=True):
            fact = facts.Fact(kind, key, value)
            asked = wording
            for slot, text in facts.slots(fact).items():
                asked = asked.replace("{" + slot + "}", text)
            made.append(
                Case("facts", talk(asked[0].upper() + asked[1:]), (fact.sentence,), exact=True)
            )
    ruled = [
        *(("plural", word, facts.regular_plural(word)) for word in _NOUNS),
        *(("past", word, facts.regular_past(word)) for word in _VERBS),
    ]
    for at, (kind, word, value) in enumerate(ruled):
        asked = _WORDINGS[kind][at].replace("{k}", word)
        made.append(
            Case("facts", talk(asked), (facts.Fact(kind, word, value).sentence,), exact=True)
        )
    return made
