"""Who asks: the signed-in user behind an event, as the gate found out."""

import gradio as gr

from app.auth.sessions import CurrentUser
from app.errors import Forbidden, NotAuthenticated


def visitor(request: gr.Request) -> CurrentUser:
    """The signed-in user. Gradio keeps the HTTP request of an event, the gate's finding with it."""
    inner = request.request
    user = getattr(inner.state, "user", None) if inner is not None else None
    if not isinstance(user, CurrentUser):
        raise NotAuthenticated("You are logged out. Reload the page to log in again.")
    return user


def admin(request: gr.Request) -> CurrentUser:
    """The signed-in admin. Everybody can call an admin's event, so its handler asks here first."""
    user = visitor(request)
    if not user.is_admin:
        raise Forbidden("Only an admin may do this.")
    return user
