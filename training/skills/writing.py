# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Tips, small programs, formulas and Markdown: fixed texts that show what the pages can render.

Contract: texts are whole and correct by themselves; the number of tips is the number asked for.
"""

from random import Random

from training.dialogue import Turn, weighted
from training.phrasing import say

_TIPS: dict[str, tuple[str, list[str]]] = {
    "sleep": ("(a good night's sleep|better sleep|sleeping (well|better)|good sleep|falling asleep)", ["Go to bed at the same time every day.", "Keep the bedroom dark, cool and quiet.", "Avoid coffee in the afternoon.", "Put screens away an hour before bed.", "Do some sport during the day."]),
    "health": ("(a healthy life|staying healthy|healthy eating|good health|eating well|a healthy diet)", ["Eat fruit and vegetables every day.", "Drink enough water.", "Move your body for half an hour a day.", "Sleep seven to eight hours.", "Eat sweets only now and then."]),
    "learning": ("(learning (a language|English|to program|something new|faster)|studying( well| better|)|school|an exam)", ["Practise a little every day.", "Start with simple examples.", "Explain what you learned to a friend.", "Take short breaks.", "Repeat things after a few days."]),
    "focus": ("(focus|better focus|working from home|concentration|productivity|being productive|time management)", ["Do one thing at a time.", "Turn off notifications.", "Plan your day in the morning.", "Take a short walk between tasks.", "Keep your desk tidy."]),
    "code": ("(clean code|good code|writing (good|better|clean) code|programmers|beginners in programming|programming)", ["Choose clear names.", "Write small functions.", "Test your code.", "Handle errors early.", "Read the code of others."]),
    "prompts": ("(good prompts|writing (good |better |)prompts|talking to (you|a language model)|prompting)", ["Say clearly what you want.", "Give an example.", "Name the length and the form of the answer.", "Ask for one thing at a time.", "Try a larger model for hard tasks."]),
    "energy": ("(saving energy|saving (electricity|money)|the environment|living green)", ["Switch off the lights when you leave a room.", "Lower the heating a little.", "Buy less and repair more.", "Take the bicycle for short trips.", "Wash with cold water."]),
    "travel": ("(travelling|traveling|a (long |)trip|packing|a holiday|a vacation)", ["Pack only what you need.", "Keep your passport close to you.", "Learn a few words of the language.", "Try the local food.", "Leave time to rest."]),
    "stress": ("(less stress|reducing stress|staying calm|relaxing|a calm mind)", ["Breathe slowly and deeply.", "Go for a walk outside.", "Talk to a friend.", "Listen to quiet music.", "Write down what worries you."]),
}  # fmt: skip
_COUNTS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def tips(rng: Random) -> Turn:
    """ "Give me three tips for …"."""
    topic, pool = _TIPS[rng.choice(list(_TIPS))]
    count = rng.choice((2, 3, 3, 3, 4, 5))
    number = rng.choice((str(count), _COUNTS[count], _COUNTS[count]))
    if rng.random() < 0.25:
        count, ask = (
            3,
            f"(give me|do you have|I need|what are) (some |good |)(tips|advice|ideas) (for|on|about) {topic}(.|?)",
        )
    else:
        ask = f"(give me|tell me|list|name|write|share|I need) {{n}} (tips|ideas|pieces of advice) (for|on|about) {topic}."
    chosen = rng.sample(pool, count)
    return Turn(
        say(ask, rng, n=number), "\n".join(f"{at}. {tip}" for at, tip in enumerate(chosen, 1))
    )


_PROGRAMS: list[tuple[str, str, str]] = [
    ("adds two numbers", "def add(a, b):\n    return a + b", "This function returns the sum of its two arguments."),
    ("(subtracts two numbers|subtracts one number from another)", "def subtract(a, b):\n    return a - b", "This function returns the difference of its two arguments."),
    ("multiplies two numbers", "def multiply(a, b):\n    return a * b", "This function returns the product of its two arguments."),
    ("divides two numbers", "def divide(a, b):\n    return a / b", "The second argument must not be zero."),
    ("(greets (someone|a person|a user)|says hello)", "def greet(name):\n    return f\"Hello, {name}!\"", "Call it with a name, for example greet(\"Ada\")."),
    ("(computes|calculates) the (square|square of a number)", "def square(x):\n    return x * x", "This function multiplies a number by itself."),
    ("(computes|calculates|returns) (a|the) factorial( of a number|)", "def factorial(n):\n    result = 1\n    for i in range(2, n + 1):\n        result *= i\n    return result", "It multiplies all numbers from 2 to n."),
    ("(checks whether|checks if|tests whether|tells if) a number is even", "def is_even(n):\n    return n % 2 == 0", "A number is even if the remainder of a division by 2 is 0."),
    ("(finds|returns) the (largest|biggest|maximum|larger) (number|element|value)( of a list| in a list|)", "def largest(numbers):\n    return max(numbers)", "The built-in function max does the work."),
    ("reverses a (string|word|text)", "def reverse(text):\n    return text[::-1]", "The slice [::-1] reads the text backwards."),
    ("(computes|calculates|returns) the (average|mean)( of a list| of numbers|)", "def average(numbers):\n    return sum(numbers) / len(numbers)", "The list must not be empty."),
    ("(computes|calculates|returns) the sum of a list", "def total(numbers):\n    return sum(numbers)", "The built-in function sum adds all elements."),
    ("counts (the words|words)( in a text| of a sentence|)", "def count_words(text):\n    return len(text.split())", "The method split cuts the text at spaces."),
    ("prints (hello world|Hello World|Hello, world)", "def hello():\n    print(\"Hello, world!\")", "Call hello() to print the text."),
    ("(counts|prints the numbers) from 1 to (10|ten)", "def count():\n    for i in range(1, 11):\n        print(i)", "The range ends before its second number."),
    ("(returns|computes|prints) (the |)Fibonacci numbers", "def fibonacci(n):\n    a, b = 0, 1\n    for _ in range(n):\n        print(a)\n        a, b = b, a + b", "Each number is the sum of the two before it."),
]  # fmt: skip


def code(rng: Random) -> Turn:
    """A tiny Python function in a code block, with one sentence."""
    purpose, program, remark = rng.choice(_PROGRAMS)
    ask = rng.choice((
        "(write|give me|show me|create|can you write|please write) a (small |short |simple |)(Python |)(function|program|script) that {p}.",
        "(write|show me) (Python code|code|a function in Python|a Python function) that {p}.",
        "(how do I write|how would you write) a (Python |)function that {p}?",
    ))  # fmt: skip
    return Turn(say(ask.replace("{p}", purpose), rng), f"```python\n{program}\n```\n\n{remark}")


_FIXED: list[tuple[str, str]] = [
    ("(show me|give me|write|what is) the (quadratic formula|formula for quadratic equations).", "The quadratic formula is\n\n$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$"),
    ("(show me|give me|write|what is) (the |)(Pythagorean theorem|theorem of Pythagoras|Pythagoras' theorem).", "In a right triangle, $$a^2 + b^2 = c^2$$"),
    ("(show me|give me|write|what is) Euler's (identity|formula).", "Euler's identity is $$e^{i\\pi} + 1 = 0$$"),
    ("(show me|give me|write|what is) the (area|formula for the area) of a circle.", "The area of a circle with radius $r$ is $$A = \\pi r^2$$"),
    ("(show me|give me|write) (a formula|an equation|some LaTeX|a LaTeX formula|LaTeX|maths|a math formula).", "Here is a formula: $$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$$"),
    ("(show me|give me|write) (some |an example of |)(Markdown|markdown)( examples|).", "Here is some Markdown:\n\n- **bold**\n- *italic*\n- `code`"),
    ("(show me|give me|write|make) (a |an example of a |)(table|markdown table).", "| Format | Bits |\n|---|---|\n| FP16 | 16 |\n| INT8 | 8 |\n| INT4 | 4 |"),
    ("(write|give me|make) (a |)(shopping|grocery) list.", "Shopping list:\n\n- Bread\n- Milk\n- Apples\n- Rice\n- Tea"),
    ("(write|draft|give me) (a |)(short |)(email|mail|letter) to (my |a )(boss|friend|colleague|team).", "Hello,\n\nthank you for your message. I will answer tomorrow.\n\nKind regards"),
    ("(how do I|how to|how can I) make (tea|a cup of tea).", "1. Boil water.\n2. Pour it over the tea.\n3. Wait three minutes.\n4. Take the tea out and enjoy."),
    ("(how do I|how to|how can I) (boil|cook) an egg.", "1. Boil water in a pot.\n2. Put the egg in.\n3. Wait seven minutes.\n4. Cool it with cold water."),
]  # fmt: skip


def fixed(rng: Random) -> Turn:
    """A formula, a table or another short text."""
    ask, answer = rng.choice(_FIXED)
    return Turn(say(ask, rng), answer)


def english(rng: Random) -> Turn:
    """Any of the above."""
    return weighted(rng, [(3, tips), (2.5, code), (2, fixed)])
