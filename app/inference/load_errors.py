"""Turns what the inference libraries say of a failure into a sentence for people.

Only strings here. The full text belongs in the log; the sentence keeps its meaning without source
paths and stack frames, and names the remedy where one is known.
"""

import re
import signal

# The wrapper lines of OpenVINO's exceptions: where in its sources something was thrown.
_NOISE = re.compile(
    r"^(?:\w*Error: )?(?:Exception from \S+:\s*$|Exception from \S+:\d+:\s*)"
    r"|^(?:\w*Error: )?Check '.*' failed at \S+:\d+:\s*"
    r"|^\w*(?:Error|Exception): ",
)
_PATH = re.compile(r"(?:[A-Za-z]:)?[/\\](?:[\w.+-]+[/\\])+(?=[\w.+-]+)")
_LONGEST = 300

_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"bad_alloc|out of memory|cannot allocate memory|OUT_OF_RESOURCES|OUT_OF_HOST_MEMORY"
        r"|OBJECT_ALLOCATION_FAILURE|MemoryError",
        "There is not enough memory for this model on {device}. "
        "Choose a smaller model or a smaller weight format, such as int4.",
    ),
    (
        r"Could not find a model|openvino_model\.xml|Can'?t open|Could not open|FileNotFoundError",
        "The model's folder is incomplete: its OpenVINO files are missing or unreadable. "
        "Convert or install the model again.",
    ),
    (
        r"Incorrect weights in bin file|weights .*out of|bin file|XML|xml parse|IR ",
        "The model's files are damaged. Convert or install the model again.",
    ),
    (
        r"Cannot load library|not registered|No device|device .* not found|clGetPlatformIDs",
        "The device {device} cannot be used: its driver is missing or does not work.",
    ),
)


def readable(text: str, device: str) -> str:
    """One or two sentences for the failure that `text` describes."""
    for pattern, remedy in _REMEDIES:
        if re.search(pattern, text, re.IGNORECASE):
            return remedy.format(device=device)
    lines = [_NOISE.sub("", line.strip()) for line in text.splitlines()]
    meaning = " ".join(line for line in lines if line)
    meaning = _PATH.sub("", meaning).strip()
    if not meaning:
        return f"The model could not be loaded on {device}; the log has the details."
    if len(meaning) > _LONGEST:
        meaning = meaning[:_LONGEST].rsplit(" ", 1)[0] + " …"
    return f"The model could not be loaded on {device}: {meaning.rstrip('.')}."


def how_it_died(exit_code: int) -> str:
    """What to say of an engine process that ended on its own."""
    if exit_code >= 0:
        return f"The engine process ended with exit code {exit_code}."
    number = -exit_code
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "unknown"
    hint = ", as the system does when memory runs out" if name == "SIGKILL" else ""
    return f"The engine process was ended by signal {number} ({name}){hint}."
