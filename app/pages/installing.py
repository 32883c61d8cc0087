"""Who may install what, checked where the events arrive."""

from app.auth.sessions import CurrentUser
from app.errors import Forbidden
from app.inference import catalogue
from app.inference.conversion.types import ConversionRequest
from app.inference.jobs import Job
from app.inference.orders import Order, is_folder, to_request
from app.services import Services

ONLY_ADMINS = "Only admins may install or delete models here. Ask one of them."


class Installing:
    """The rules of this server: its settings, and the role of whoever asks."""

    def __init__(self, services: Services) -> None:
        self._everyone = services.settings.who_may_install == "everyone"
        self._remote_code = services.settings.remote_code == "admins"

    def allowed(self, user: CurrentUser) -> bool:
        return self._everyone or user.is_admin

    def remote_code_allowed(self, user: CurrentUser) -> bool:
        return self._remote_code and user.is_admin

    def check(self, user: CurrentUser) -> None:
        """Raises Forbidden for whoever may not install or delete."""
        if not self.allowed(user):
            raise Forbidden(ONLY_ADMINS)

    def check_cancel(self, user: CurrentUser, job: Job) -> None:
        """Raises Forbidden for somebody else's job, unless an admin asks."""
        self.check(user)
        if not user.is_admin and job.asked_by != user.username:
            raise Forbidden("This is somebody else's job. They or an admin may cancel it.")

    def request(self, user: CurrentUser, order: Order) -> ConversionRequest:
        """The order as a request, for whoever only looks, too.

        Raises Forbidden for what this user may never ask for, or InvalidParameter as `to_request`.
        """
        # Also for the calibration: the server would read any file that somebody names.
        if not user.is_admin and (is_folder(order.source) or order.calibration):
            raise Forbidden(
                "Only admins may name folders and files of the server. Use the catalogue or a hub "
                "id such as Qwen/Qwen2-1.5B-Instruct."
            )
        if order.trust_remote_code and not self.remote_code_allowed(user):
            raise Forbidden(
                "Code that comes with a model does not run here: an admin may allow it after "
                "VINOCHAT_REMOTE_CODE=admins is set on the server."
            )
        request = to_request(order)
        if not user.is_admin and _borrows_a_name(request):
            raise Forbidden(
                f"{request.model_id} is the name of a model of the catalogue, which this is not. "
                "Choose another name."
            )
        return request


def _borrows_a_name(request: ConversionRequest) -> bool:
    """Whether others would take it for a model of the catalogue."""
    known = catalogue.entry(request.model_id)
    return known is not None and catalogue.of_hub_id(request.source) != known
