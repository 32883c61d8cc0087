"""The OpenAI-compatible API under /v1 and its documentation."""
