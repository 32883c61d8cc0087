"""The error tree: every failure that a person or a client may be told about.

A message is one or two sentences that say what is wrong and name the remedy. HTTP and the pages
each translate these types in one place; nothing here knows about either. Any other exception is a
bug: its text never leaves the server.
"""


class VinoChatError(Exception):
    """Base of the tree. `status` is the HTTP status, `code` a stable word for programs."""

    status = 500
    code = "internal_error"

    @property
    def message(self) -> str:
        return str(self)


class InvalidParameter(VinoChatError):
    """A request parameter is missing, malformed or out of range."""

    status = 400
    code = "invalid_parameter"

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class PromptTooLong(InvalidParameter):
    """The prompt and the requested completion do not fit the model's context window."""

    code = "context_length_exceeded"


class NotAuthenticated(VinoChatError):
    """Nobody is signed in, or the credentials are wrong."""

    status = 401
    code = "not_authenticated"


class Forbidden(VinoChatError):
    """Somebody is signed in but may not do this."""

    status = 403
    code = "forbidden"


class NotFound(VinoChatError):
    """The thing does not exist, or belongs to somebody else: the two look the same."""

    status = 404
    code = "not_found"


class UsernameTaken(VinoChatError):
    """The username exists already, compared without case and after NFKC."""

    status = 409
    code = "username_taken"


class InvalidAccount(VinoChatError):
    """A username or password breaks a rule; the message names the rule."""

    status = 422
    code = "invalid_account"


class RetryLater(VinoChatError):
    """The same request may succeed after `retry_after` seconds."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooManyAttempts(RetryLater):
    """Too many failed logins from this address or for this account."""

    status = 429
    code = "too_many_attempts"


class QueueFull(RetryLater):
    """The waiting queue is at its bound, or the request waited too long in it."""

    code = "queue_full"


class EngineUnavailable(RetryLater):
    """No model is ready: it is loading, it failed, or the server is shutting down."""

    code = "engine_unavailable"


class EngineFailed(VinoChatError):
    """The engine failed while it worked on a request."""

    code = "engine_failed"


class ClientLeft(VinoChatError):
    """Whoever asked no longer listens. Nobody reads this but the log, which has nginx's status."""

    status = 499
    code = "client_left"


class LoadFailed(VinoChatError):
    """A model could not be converted, compiled or warmed up on the wanted device."""

    status = 409
    code = "load_failed"


class ConversionFailed(VinoChatError):
    """A model could not be downloaded, converted or compressed.

    `log` holds the last lines of the job's log, without secrets.
    """

    status = 409
    code = "conversion_failed"

    def __init__(self, message: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log = log


class UnknownModel(VinoChatError):
    """No such model in that weight format is installed."""

    status = 404
    code = "model_not_found"


class UnknownDevice(InvalidParameter):
    """The device is not one that this machine offers."""

    code = "unknown_device"


class DatabaseTooNew(VinoChatError):
    """The database was written by a newer VinoChat than this one."""

    code = "database_too_new"


class RequestTooLarge(VinoChatError):
    """The body is larger than the server reads."""

    status = 413
    code = "request_too_large"
