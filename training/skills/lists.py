# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Lists, counting, arithmetic and small facts: short tasks with one right shape.

Contract: answers are exact (the count asked for, the right sum), so evaluation can compare them.
"""

from random import Random

from training import words
from training.dialogue import Turn, weighted
from training.phrasing import say

_KINDS: dict[str, list[str]] = {
    "fruits": words.FRUITS, "colours": words.COLOURS[:14], "colors": words.COLOURS[:14], "animals": words.ANIMALS[:32],
    "vegetables": words.VEGETABLES, "cities": words.CITIES[:40], "countries": words.COUNTRIES,
    "sports": words.SPORTS, "jobs": words.JOBS, "hobbies": words.HOBBIES, "foods": words.FOODS,
    "instruments": words.INSTRUMENTS, "names": words.FIRST_NAMES[:60], "planets": words.PLANETS, "words": words.COMMON,
}  # fmt: skip
_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ASK_LIST = (
    "(list|name|give me|tell me|write down|write|say) {n} {kind}.", "(can you|could you|please) (list|name) {n} {kind}(.|?)",
    "{n} {kind}, please.", "what are {n} {kind}?", "I need {n} {kind}.", "(give me|write|make) a list of {n} {kind}.",
)  # fmt: skip


def _unique(rng: Random, options: list[str], count: int) -> list[str]:
    allowed = [option for option in dict.fromkeys(options) if not words.is_held_out(option)]
    return rng.sample(allowed, count)


def name_some(rng: Random) -> Turn:
    """ "List five fruits." as a numbered, a bulleted or a comma list."""
    kind = rng.choice(list(_KINDS))
    count = rng.randint(2, 8 if kind != "planets" else 6)
    items = _unique(rng, _KINDS[kind], count)
    asked = rng.choice((str(count), _COUNTS[count], _COUNTS[count]))
    request = rng.choice(_ASK_LIST)
    shape = rng.random()
    if shape < 0.6:
        answer = "\n".join(f"{at}. {item.capitalize()}" for at, item in enumerate(items, 1))
    elif shape < 0.8:
        request = request.rstrip(".?") + rng.choice(
            (
                " as bullet points.",
                " as a bullet list.",
                " in a bullet list.",
                " as a markdown list.",
            )
        )
        answer = "\n".join(f"- {item.capitalize()}" for item in items)
    else:
        request = request.rstrip(".?") + rng.choice(
            (" in one line.", ", separated by commas.", " with commas.")
        )
        answer = ", ".join(items)
    return Turn(say(request, rng, n=asked, kind=kind), answer)


def count(rng: Random) -> Turn:
    """Counting up, down or in steps, to 100 at most."""
    shape = rng.random()
    if shape < 0.45:
        low, high, step = 1, rng.choice((3, 5, 8, 10, 10, 12, 15, 20, 20, 25, 30, 50, 100)), 1
    elif shape < 0.75:
        low = rng.randint(0, 60)
        high, step = low + rng.randint(3, 25), 1
    elif shape < 0.9:
        high, step = rng.choice((3, 5, 10, 10, 20)), -1
        low = 1
    else:
        step = rng.choice((2, 5, 10))
        low, high = step, step * rng.randint(4, 10)
    numbers = list(range(low, high + 1, step)) if step > 0 else list(range(high, low - 1, -1))
    ask = {
        1: "(count|please count|can you count|count up|count aloud|list the numbers|write the numbers) from {a} to {b}(.|)",
        -1: "count (down|backwards|back) from {a} to {b}.",
    }.get(
        step,
        "count (from {a} to {b} in steps of {s}|from {a} to {b} by {s}s|by {s}s from {a} to {b}).",
    )
    if low == 1 and step == 1 and rng.random() < 0.3:
        ask = "count (up |)to {b}(.|)"
    a, b = str(numbers[0]), str(numbers[-1])
    return Turn(say(ask, rng, a=a, b=b, s=str(step)), ", ".join(map(str, numbers)) + ".")


def arithmetic(rng: Random) -> Turn:
    """One sum, difference or product of small numbers."""
    operation = rng.choice("++--x")
    top = rng.choice((10, 20, 100)) if operation != "x" else 11
    left, right = rng.randrange(top), rng.randrange(top)
    if operation == "-" and right > left:
        left, right = right, left
    result = {"+": left + right, "-": left - right, "x": left * right}[operation]
    sign = {"+": ("+", "+", "plus"), "-": ("-", "-", "minus"), "x": ("*", "x", "times")}[operation]
    shown = rng.choice(sign)
    ask = rng.choice(
        (
            "(what is|what's|calculate|compute|how much is|solve|tell me) {a} {o} {b}?",
            "{a} {o} {b} = ?",
            "{a} {o} {b}?",
            "{a} {o} {b} =",
        )
    )
    symbol = {"+": "+", "-": "-", "x": "×"}[operation]
    text = say(ask, rng, a=str(left), b=str(right), o=shown)
    return Turn(text, f"{left} {symbol} {right} = {result}")


_CAPITALS = dict(zip(words.COUNTRIES, words.table("capitals"), strict=True))
_OPPOSITES = words.table("opposites")
_SOUNDS = {"cat": "meow", "dog": "woof", "cow": "moo", "sheep": "baa", "duck": "quack", "lion": "roar", "pig": "oink", "horse": "neigh", "owl": "hoot", "bee": "buzz", "frog": "croak", "mouse": "squeak"}  # fmt: skip


def small_fact(rng: Random) -> Turn:
    """Capitals, opposites, animal sounds, days and months."""
    kind = rng.randrange(5)
    if kind == 0:
        country = rng.choice(words.COUNTRIES)
        ask = say(
            "(what is|what's|tell me|name|which city is) the capital (city |)of {c}(?|.)",
            rng,
            c=country,
        )
        return Turn(ask, f"The capital of {country} is {_CAPITALS[country].replace('_', ' ')}.")
    if kind == 1:
        at = rng.randrange(0, len(_OPPOSITES), 2)
        pair = [_OPPOSITES[at], _OPPOSITES[at + 1]]
        if rng.random() < 0.5 and at < len(_OPPOSITES) - 4:
            pair.reverse()
        return Turn(
            say("(what is|what's|tell me|give me) the opposite of {w}?", rng, w=pair[0]),
            f"The opposite of {pair[0]} is {pair[1]}.",
        )
    if kind == 2:
        animal = rng.choice(list(_SOUNDS))
        a = "an" if animal == "owl" else "a"
        ask = say(
            "(what sound does {x} {a} make|what does {x} {a} say|how does {x} {a} sound)?",
            rng,
            a=animal,
            x=a,
        )
        return Turn(ask, f"{a.capitalize()} {animal} says {_SOUNDS[animal]}.")
    cycle = words.DAYS if kind == 3 else words.MONTHS
    at = rng.randrange(len(cycle))
    if rng.random() < 0.3:
        noun = "days of the week" if kind == 3 else "months of the year"
        return Turn(
            say("(list|name|what are|tell me) the {n}.", rng, n=noun), ", ".join(cycle) + "."
        )
    after = cycle[(at + 1) % len(cycle)]
    ask = say(
        "(what|which) (day|month) comes after {d}?"
        if rng.random() < 0.5
        else "what comes after {d}?",
        rng,
        d=cycle[at],
    )
    return Turn(ask, f"{after} comes after {cycle[at]}.")


def english(rng: Random) -> Turn:
    """Any of the above."""
    return weighted(rng, [(3, name_some), (4, count), (3, arithmetic), (2, small_fact)])
