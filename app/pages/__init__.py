"""The pages for people: one Gradio Blocks app with a build function for each page.

Pages show state and call services. They import neither sqlalchemy nor openvino, hold no state of
their own but the streams that run, and trust nothing that the browser sends but ids, which the
services check against the signed-in user.
"""

import os

# Gradio reads these when it is imported, so they are set before any module here imports it. No
# telemetry, and no statistics that nobody reads: a pandas pass would run for each finished event.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
