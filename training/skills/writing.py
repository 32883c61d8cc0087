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
            f"(give me|do you have|I need|what are|share|tell me) (some |good |your best |a few |)(tips|advice|ideas|hints) (for|on|about) {topic}(.|?)",
        )
    else:
        ask = f"(give me|tell me|list|name|write|share|I need|what are|do you have|could you give me|I'd like) {{n}} (good |quick |simple |)(tips|ideas|pieces of advice|hints|suggestions) (for|on|about) {topic}(.|?|)"
    chosen = rng.sample(pool, count)
    return Turn(
        say(ask, rng, n=number), "\n".join(f"{at}. {tip}" for at, tip in enumerate(chosen, 1))
    )


# What a program does (after "that"), its name as a thing, the program, a remark.
_PROGRAMS: list[tuple[str, str, str, str]] = [
    ("(adds|sums) two numbers", "(adding|the addition of|the sum of) two numbers", "def add(a, b):\n    return a + b", "This function returns the sum of its two arguments."),
    ("(subtracts two numbers|subtracts one number from another)", "(subtracting|the difference of) two numbers", "def subtract(a, b):\n    return a - b", "This function returns the difference of its two arguments."),
    ("multiplies two numbers", "(multiplying|the product of) two numbers", "def multiply(a, b):\n    return a * b", "This function returns the product of its two arguments."),
    ("divides two numbers", "(dividing|the division of) two numbers", "def divide(a, b):\n    return a / b", "The second argument must not be zero."),
    ("(greets (someone|a person|a user)|says hello|prints a greeting)", "(a greeting|greeting somebody|saying hello)", "def greet(name):\n    return f\"Hello, {name}!\"", "Call it with a name, for example greet(\"Ada\")."),
    ("(computes|calculates|returns) (the square|the square of a number|a square)", "(the square of a number|squaring a number)", "def square(x):\n    return x * x", "This function multiplies a number by itself."),
    ("(computes|calculates|returns|finds) (a|the) factorial( of a number| of n|)", "(the factorial|factorials|a factorial|the factorial of a number)", "def factorial(n):\n    result = 1\n    for i in range(2, n + 1):\n        result *= i\n    return result", "It multiplies all numbers from 2 to n."),
    ("(checks whether|checks if|tests whether|tells if|says whether) (a|the) number is (even|even or odd|odd or even)", "(even numbers|is_even|testing for even numbers|checking if a number is even)", "def is_even(n):\n    return n % 2 == 0", "A number is even if the remainder of a division by 2 is 0."),
    ("(finds|returns|gets) the (largest|biggest|maximum|larger|greatest) (number|element|value)( of a list| in a list|)", "the (maximum|largest number|biggest element)( of a list| in a list|)", "def largest(numbers):\n    return max(numbers)", "The built-in function max does the work."),
    ("(finds|returns|gets) the (smallest|minimum|lowest|least) (number|element|value)( of a list| in a list|)", "the (minimum|smallest number|smallest element)( of a list| in a list|)", "def smallest(numbers):\n    return min(numbers)", "The built-in function min does the work."),
    ("(reverses|turns around) (a|the) (string|word|text)", "(reversing a string|a reversed string|the reverse of a text|turning a string around)", "def reverse(text):\n    return text[::-1]", "The slice [::-1] reads the text backwards."),
    ("(computes|calculates|returns) the (average|mean)( of a list| of numbers|)", "the (average|mean)( of a list| of numbers|)", "def average(numbers):\n    return sum(numbers) / len(numbers)", "The list must not be empty."),
    ("(computes|calculates|returns) the (sum|total) of a list( of numbers|)", "(the sum of a list|adding up a list|the total of a list)", "def total(numbers):\n    return sum(numbers)", "The built-in function sum adds all elements."),
    ("counts (the words|words)( in a text| of a sentence| in a string|)", "(counting words|the number of words)( in a text|)", "def count_words(text):\n    return len(text.split())", "The method split cuts the text at spaces."),
    ("counts (the vowels|vowels)( in a text| of a word|)", "(counting vowels|the number of vowels)( in a word|)", "def count_vowels(text):\n    return sum(letter in \"aeiou\" for letter in text.lower())", "It looks at each letter and counts the vowels."),
    ("(checks whether|checks if|tests whether|tells if) a word is a palindrome", "(palindromes|a palindrome check|testing for palindromes)", "def is_palindrome(word):\n    return word == word[::-1]", "A palindrome reads the same in both directions."),
    ("(prints|says|shows|writes) (hello world|Hello World|Hello, world|\"Hello, world!\")", "(hello world|Hello World|a hello world program|hello, world)", "print(\"Hello, world!\")", "This program prints one line."),
    ("(counts|prints the numbers|loops|goes) from (1|one) to (10|ten)", "(a for loop|a loop|a simple loop|looping|counting from 1 to 10)", "for i in range(1, 11):\n    print(i)", "The range ends before its second number."),
    ("(counts down|prints a countdown)( from 10| from ten|)", "(a countdown|counting down|a while loop)", "n = 10\nwhile n > 0:\n    print(n)\n    n -= 1", "The loop runs as long as n is above zero."),
    ("(makes|builds|computes) a list of squares", "(a list comprehension|list comprehensions|squares in a list|a list of squares)", "squares = [n * n for n in range(10)]", "A list comprehension builds a list in one line."),
    ("(sorts|orders) (a list|numbers|a list of numbers)", "(sorting a list|a sorted list|sorting numbers)", "def sort(numbers):\n    return sorted(numbers)", "The built-in function sorted returns a new list."),
    ("(returns|computes|prints) (the |)Fibonacci numbers", "(Fibonacci|the Fibonacci numbers|Fibonacci numbers|the Fibonacci sequence)", "def fibonacci(n):\n    a, b = 0, 1\n    for _ in range(n):\n        print(a)\n        a, b = b, a + b", "Each number is the sum of the two before it."),
    ("(stores|looks up|keeps) (names and ages|words in a dictionary|values by key)", "(a dictionary|dictionaries|a dict|key and value pairs)", "ages = {\"Ada\": 36, \"Ben\": 41}\nprint(ages[\"Ada\"])", "A dictionary finds a value by its key."),
    ("(converts|turns) Celsius (to|into) Fahrenheit", "(Celsius to Fahrenheit|converting Celsius to Fahrenheit)", "def fahrenheit(celsius):\n    return celsius * 9 / 5 + 32", "It multiplies by 9/5 and adds 32."),
]  # fmt: skip
_ASK_THAT = (
    "(write|give me|show me|create|can you write|please write|I need|could you write|make|code|I want|implement) (a |a small |a short |a simple |a little |an easy |)(Python |)(function|program|script|code snippet|method) (that|which) {p}(.|?| for me.|)", "(write|show me|give me|I need) (some |)(Python code|code|code in Python|Python) that {p}(.|)", "(how do I|how would you|how can I|how to) write (a |some |)(Python |)(function|code|program) (that|which) {p}?",
    "(a|the) (Python |)(function|program) that {p}(, please|)(.|)", "(what does|how does) a (Python |)(function|program) that {p} look(s|) like?", "(write|define|make) def for a function that {p}(.|)",
)  # fmt: skip
_ASK_FOR = (
    "(write|give me|show me|create|I need|can you show me|please show me|could you show me) (some |)(Python code|code in Python|Python|a Python function|a Python program|a Python snippet|a Python example|a function in Python) (for|doing|with) {g}(.|?|)", "(show me|how do I write|how do I do|what is|how does|how do I make|how would you do|give me an example of|explain by code|can you show me) {g} (in|with|using) Python( look|)(?|.|)", "{g} (in|with|using) Python(, please|)(.|?|)", "(Python|python)(:| code for| function for| example of| example:) {g}(.|)",
)  # fmt: skip


def code(rng: Random) -> Turn:
    """A tiny Python program in a code block, with one sentence."""
    purpose, name, program, remark = rng.choice(_PROGRAMS)
    ask = rng.choice(_ASK_THAT).replace("{p}", purpose)
    if rng.random() < 0.4:
        ask = rng.choice(_ASK_FOR).replace("{g}", name)
    return Turn(say(ask, rng), f"```python\n{program}\n```\n\n{remark}")


_FORMULAS: list[tuple[str, str]] = [
    ("(the quadratic formula|quadratic equations|the solution of a quadratic equation|the roots of a quadratic equation|solving quadratic equations|the abc formula)", "The quadratic formula is\n\n$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$"),
    ("(the Pythagorean theorem|the theorem of Pythagoras|Pythagoras' theorem|Pythagoras|a right triangle|the Pythagoras formula)", "In a right triangle, $$a^2 + b^2 = c^2$$"),
    ("(Euler's identity|Euler's formula|Euler's equation|the famous formula of Euler)", "Euler's identity is $$e^{i\\pi} + 1 = 0$$"),
    ("(the area of a circle|a circle's area|circle area|the surface of a circle)", "The area of a circle with radius $r$ is $$A = \\pi r^2$$"),
    ("(the circumference of a circle|a circle's circumference|the perimeter of a circle|the length around a circle)", "The circumference of a circle with radius $r$ is $$C = 2 \\pi r$$"),
    ("(the area of a triangle|a triangle's area|triangle area)", "The area of a triangle is $$A = \\frac{1}{2} b h$$"),
    ("(the volume of a sphere|a sphere's volume|the volume of a ball)", "The volume of a sphere is $$V = \\frac{4}{3} \\pi r^3$$"),
    ("(the sum of the first n numbers|the sum from 1 to n|adding the numbers from 1 to n|the sum of 1 to n)", "The sum of the first $n$ numbers is $$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$$"),
]  # fmt: skip
_ASK_FORMULA = (
    "(show me|give me|write|what is|what's|tell me|I need|do you know|can you write|please write|print|set|typeset|could you show me) (the (formula|equation|LaTeX) (for|of) |)<f>( in LaTeX| as a formula| as LaTeX| nicely|||)(.|?|)", "(formula|equation|LaTeX) (for|of) <f>(.|?|)", "(how do I|how can I|how does one|how to) (compute|calculate|find|get|write) <f>?", "(which|what) (formula|equation) (is for|gives|do I need for|describes|belongs to|stands for) <f>?", "<f>( formula| in LaTeX| as a formula|, the formula please)(.|?|)",
)  # fmt: skip

_FIXED: list[tuple[str, str]] = [
    ("(show me|give me|write|display|make|I want to see|can you write|do you know) (a formula|an equation|some LaTeX|a LaTeX formula|LaTeX|some maths|a math formula|a formula in LaTeX|any formula|an example of LaTeX)(.|?|)", "Here is a formula: $$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$$"),
    ("(show me|give me|write|display|make|I want to see|can you write|demonstrate) (some |an example of |a bit of |)(Markdown|markdown|formatted text|bold and italic text|text formatting)( examples| please|)(.|?|)", "Here is some Markdown:\n\n- **bold**\n- *italic*\n- `code`"),
    ("(show me|give me|write|make|draw|create|I want|can you make) (a |an example of a |a small |a simple )(table|markdown table|table in Markdown|table of weight formats)(.|?| please.|)", "| Format | Bits |\n|---|---|\n| FP16 | 16 |\n| INT8 | 8 |\n| INT4 | 4 |"),
    ("(write|give me|make|create|I need|show me) (a |my |)(shopping|grocery) list(.|?| please.| in Markdown.|)", "Shopping list:\n\n- Bread\n- Milk\n- Apples\n- Rice\n- Tea"),
    ("(write|give me|make|create|I need|show me) (a |my |an example of a |)(to-do list|todo list|checklist|task list)(.|?| please.| in Markdown.|)", "To-do list:\n\n- [ ] Start VinoChat\n- [ ] Ask a question\n- [ ] Try another temperature"),
    ("(show me|give me|write|display) (a |an example of a |)(heading|headline|title in Markdown|Markdown heading)(.|?|)", "# A heading\n\n## A smaller heading"),
    ("(show me|give me|write|display) (a |an example of a |some |)(code block|Python code|code|Python|piece of code|little code|program|Python program)(.|?| please.|)", "```python\nprint(\"Hello, world!\")\n```\n\nThis program prints one line."),
]  # fmt: skip


def fixed(rng: Random) -> Turn:
    """A formula, a table or another short text."""
    if rng.random() < 0.55:
        name, answer = rng.choice(_FORMULAS)
        return Turn(say(rng.choice(_ASK_FORMULA).replace("<f>", name), rng), answer)
    ask, answer = rng.choice(_FIXED)
    return Turn(say(ask, rng), answer)


def english(rng: Random) -> Turn:
    """Any of the above."""
    return weighted(rng, [(2, tips), (3.2, code), (2.4, fixed)])
