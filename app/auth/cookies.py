"""The name of the session cookie, which the gate reads and the routes write."""


def session_cookie(scheme: str) -> str:
    """Under HTTPS a name that browsers let no other host and no plain page set."""
    return "__Host-vinochat_session" if scheme == "https" else "vinochat_session"
