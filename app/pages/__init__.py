"""The pages for people: one Gradio Blocks app with a build function for each page.

Pages show state and call services. They import neither sqlalchemy nor openvino, hold no state of
their own but the streams that run, and trust nothing that the browser sends but ids, which the
services check against the signed-in user.
"""

import inspect
import os
from typing import Any

# Gradio reads these when it is imported, so they are set before any module here imports it. No
# telemetry, and no statistics that nobody reads: a pandas pass would run for each finished event.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")


def _import_gradio_without_stubs() -> None:
    """Gradio parses the source of each of its components anew whenever it is imported, and writes
    type stubs beside them, for the editors of those who develop it: half of the import's time, and
    files in a folder that may be read-only. It leaves out components whose file it cannot find."""
    library: Any = inspect
    getfile = inspect.getfile

    def find(described: Any) -> str:
        if getattr(described, "__module__", "").startswith("gradio."):
            raise OSError("no stub is wanted")
        return getfile(described)

    library.getfile = find
    try:
        import gradio  # noqa: F401
    finally:
        library.getfile = getfile


_import_gradio_without_stubs()
