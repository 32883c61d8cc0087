"""Sides measured in turns, so that what disturbs a machine for a while disturbs all of them."""

from collections.abc import Awaitable, Callable, Mapping

Side = Callable[[int], Awaitable[float]]
"""Measures one round, whose number it is given; a new number means new prompts and seeds."""


async def in_turns(sides: Mapping[str, Side], rounds: int) -> dict[str, list[float]]:
    """The figure of each side in each round. A round before the first warms everything up.

    Every other round goes through the sides backwards: none always has the place after another.
    """
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        order = list(sides) if number % 2 else list(sides)[::-1]
        measured = {name: await sides[name](number) for name in order}
        if number:
            for name, figure in measured.items():
                figures[name].append(figure)
            told = ", ".join(f"{name} {measured[name]:.1f}" for name in sides)
            print(f"  round {number}: {told}", flush=True)
    return figures
