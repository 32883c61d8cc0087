"""The words that the corpus draws from, and the ones that it must never draw.

Contract: every function takes the caller's `random.Random` and keeps no state, so a seed fixes the
corpus. `HELD_OUT`, `UNSEEN` and, by their checksum, a share of all made-up names and words belong
to evaluation; the samplers below refuse them, so what the model does with such a word is copying
and not memory. Words and names that people use every day are all drawn: a sixteenth of them was
once kept out of the corpus, and copied badly ever after.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random
from zlib import crc32

HELD_OUT = (
    "Zelmira", "Tobiah", "Quillon", "Ottoline", "Brisadora", "Fenwick", "Yevander", "Marisolde",
    "Kestrin", "Oduya", "Wilhelmina", "Xantheus", "Lorcan", "Thandiwe", "Perrault", "Ingrith",
    "Balthazar", "Sunniva", "Drummond", "Vashti", "Uzomaka", "Hjalmar", "Clotilde", "Nazgulia",
    "Trondheim", "Tashkent", "Montevideo", "Wollongong", "Antananarivo", "Thessaloniki",
    "vermilion", "chartreuse", "periwinkle", "marmoset", "axolotl", "persimmon",
    "晓棠", "景澜", "若溪", "乌兰", "俊熙", "结衣", "健介", "美咲", "カナデ", "千尋",
)  # fmt: skip

_HELD_OUT_ONE_IN = 16


def is_held_out(word: str) -> bool:
    """Whether a made-up word is kept for evaluation: on a list, or chosen by its checksum. Known
    first names never are."""
    if any(held in word or held.lower() in word.lower() for held in HELD_OUT):
        return True
    parts = [part.lower() for part in word.split() if part not in FIRST_NAMES]
    return any(part in UNSEEN or crc32(part.encode()) % _HELD_OUT_ONE_IN == 0 for part in parts)


_TABLES: dict[str, str] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


def _read(name: str) -> list[str]:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()


def table(key: str) -> list[str]:
    """A word list of `words.toml`."""
    return _TABLES[key].split()


def lines(key: str) -> list[str]:
    """A list of `words.toml` whose entries contain spaces."""
    return _TABLES[key].strip().split("\n")


FIRST_NAMES = table("first_names")
CITIES = table("cities")
COLOURS = table("colours")
ANIMALS = table("animals")
FOODS = table("foods")
FRUITS = table("fruits")
JOBS = table("jobs")
HOBBIES = table("hobbies")
VEGETABLES = table("vegetables")
COUNTRIES = table("countries")
SPORTS = table("sports")
INSTRUMENTS = table("instruments")
MONTHS = table("months")
DAYS = table("days")
COMMON = table("common")
TOPICS = table("topics")
NOUNS = table("nouns")
UNSEEN = table("unseen")  # English words; in this form they stand nowhere in the corpus
ADJECTIVES = table("adjectives")
VERBS = table("verbs")

ZH_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
ZH_GIVEN = (
    "明华强伟芳娜敏静丽军杰磊洋勇艳娟涛超玲平刚桂英文博宇浩然轩涵雨晨思欣怡梦佳琪雪梅兰竹菊春夏秋冬"
    "天海山川云风月星光阳子安康宁乐喜福贵荣成功志国建东南西北中正心美玉珍宝金银龙虎飞鹏鸿燕莲蓉诗书琴"
    "画晓嘉若俊景澜溪熙棠"
)
ZH_CITIES = table("zh_cities")
ZH_COLOURS = table("zh_colours")
ZH_FOODS = table("zh_foods")

JA_KANJI = (
    "太郎花子一二三健次美雪春夏秋冬直樹大輔由香里恵真理"
    "翔陽葵蓮結衣愛優翼光希和也智明誠学正人千尋咲介"
)
JA_SURNAMES = table("ja_surnames")
JA_KANA = "あいうえおかきくけこさしすせそたちつてとなにのはひふへほまみむめもやゆよらりるれろわ"
JA_KATA = "アイウエオカキクケコサシスセソタチツテトナニノハヒフヘホマミムメモヤユヨラリルレロワンー"
JA_CITIES = table("ja_cities")
JA_COLOURS = table("ja_colours")
JA_FOODS = table("ja_foods")

_ONSETS = [*table("onsets"), *[""] * 6]
_VOWELS = table("vowels")
_CODAS = [*table("codas"), *[""] * 14]


def syllables(rng: Random, low: int = 1, high: int = 4) -> str:
    """A pronounceable word that nobody uses."""
    count = rng.randint(low, high)
    parts = (_ONSETS, _VOWELS, _CODAS) * count
    return "".join(rng.choice(part) for part in parts)


def _blended(rng: Random) -> str:
    """The beginning of one English word and the end of another: "wel" of "welcome" stands in hardly
    any other word, and what was never copied is not copied when it has to be."""
    return everyday(rng)[: rng.randint(1, 4)] + everyday(rng)[1:][-rng.randint(2, 5) :]


def _made_name(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.22:
        return _blended(rng).capitalize()
    if kind < 0.3:  # "Biscuit", "Shadow"
        return everyday(rng).capitalize()
    if kind < 0.5:
        return syllables(rng, 2, 3).capitalize()
    if kind < 0.66:
        return rng.choice(FIRST_NAMES)[: rng.randint(2, 5)] + syllables(rng, 1, 2)
    if kind < 0.82:
        return f"{rng.choice(FIRST_NAMES)} {_fresh(rng, lambda r: syllables(r, 2, 3).capitalize())}"
    if kind < 0.9:
        return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 9))).capitalize()
    if kind < 0.97:
        return syllables(rng, 2, 4)
    return syllables(rng, 1, 3).upper()


def _fresh(rng: Random, draw: Callable[[Random], str]) -> str:
    while True:
        word = draw(rng)
        if len(word) > 1 and not is_held_out(word):
            return word


def _echoing(rng: Random) -> str:
    """A made-up word in which a syllable comes again, like "Wollongong": after its first letters it
    matters which of the two has been copied."""
    begun, echoed, ended = (syllables(rng, 1, 1) for _ in range(3))
    return begun + echoed * rng.randint(2, 3) + rng.choice(("", "", ended))


def name(rng: Random) -> str:
    """A person's or pet's name: a known one, or one that occurs only once."""
    return rng.choice(FIRST_NAMES) if rng.random() < 0.45 else _fresh(rng, _made_name)


def word(rng: Random) -> str:
    """A lower-case word: common, or made up."""
    kind = rng.random()
    if kind < 0.45:
        return rng.choice(COMMON)
    return _fresh(rng, _blended if kind < 0.75 else lambda r: syllables(r, 1, 3))


# Every ordinary lower-case word that we wrote down.
ORDINARY = sorted(
    entry
    for entry in set().union(
        COMMON, table("everyday"), COLOURS, ANIMALS, FOODS, FRUITS, JOBS, HOBBIES, VEGETABLES,
        SPORTS, INSTRUMENTS, TOPICS, NOUNS, ADJECTIVES, VERBS,
    )
    if entry.isalpha() and len(entry) > 1
)  # fmt: skip

# Short texts and lists of items as people write them, and the words of the former.
SENTENCES = _read("sentences.txt")
LISTS = [line.split(" | ") for line in _read("lists.txt")]
SAID = sorted({
    part for line in SENTENCES for part in line.rstrip(".!?").split(" ")
    if part.isalpha() and part.islower() and len(part) > 1
})  # fmt: skip


def ordinary(rng: Random) -> str:
    """A lower-case English word."""
    return rng.choice(ORDINARY)


def everyday(rng: Random) -> str:
    """A lower-case English word of a larger stock with all its forms."""
    return rng.choice(SAID) if rng.random() < 0.5 else ordinary(rng)


_BY_START: dict[str, list[str]] = {}
for _entry in (*SAID, *ORDINARY):
    for _start in {_entry[:1], _entry[:2], _entry[:3]}:
        _BY_START.setdefault(_start, []).append(_entry)


def beginning_alike(rng: Random, other: str) -> str:
    """An everyday word with the same first letter or letters; the other itself if there is none."""
    start = other[: rng.choice((1, 1, 2, 3))].lower()
    return rng.choice(_BY_START.get(start) or [other])


def rare(rng: Random) -> str:
    """A lower-case word that most likely occurs once: made up, of any letters, or of the pieces of
    two words, since tokens such as "ollow" stand in hardly any other."""
    kind = rng.random()
    if kind < 0.06:
        return _fresh(rng, _echoing)
    if kind < 0.5:
        return _fresh(rng, lambda r: syllables(r, 1, 3))
    if kind < 0.85:
        return _fresh(rng, _blended)
    return _fresh(
        rng, lambda r: "".join(r.choices("abcdefghijklmnopqrstuvwxyz", k=r.randint(2, 7)))
    )


def place(rng: Random) -> str:
    """A city: a real one, or one that only sounds like it."""
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(CITIES)
    made = _echoing if kind < 0.56 else _blended if kind < 0.76 else lambda r: syllables(r, 2, 4)
    return _fresh(rng, lambda r: made(r).capitalize())


def _rare_han(rng: Random) -> str:
    """A character that the vocabulary does not hold, so that its bytes must be copied."""
    return chr(rng.randint(0x4E00, 0x9FA5))


def zh_name(rng: Random) -> str:
    """A Chinese name; now and then a Latin one, as people write them in Chinese too."""
    kind = rng.random()
    given = "".join(rng.choices(ZH_GIVEN, k=rng.randint(1, 2)))
    if kind < 0.2:
        return name(rng)
    if kind > 0.9:
        given = _rare_han(rng)
    prefix = rng.choice(ZH_SURNAMES)
    if kind < 0.5:
        prefix = "小" if kind < 0.4 or len(given) == 1 else ""
    return prefix + given if not is_held_out(prefix + given) else zh_name(rng)


def ja_name(rng: Random) -> str:
    """A Japanese name in kanji, hiragana, katakana or Latin letters."""
    kind = rng.random()
    if kind < 0.15:
        return name(rng)
    if kind < 0.25:
        return rng.choice(JA_SURNAMES)
    if kind < 0.3:
        drawn = _rare_han(rng) + rng.choice(JA_KANJI)
    elif kind < 0.7:
        drawn = "".join(rng.choices(JA_KANJI, k=rng.randint(2, 3)))
    else:
        drawn = "".join(rng.choices(JA_KANA if kind < 0.85 else JA_KATA, k=rng.randint(2, 4)))
    return drawn if not is_held_out(drawn) else ja_name(rng)
