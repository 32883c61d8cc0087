"""Settings: the only reader of the environment.

The command line beats the environment, which beats `.env`. Every field `x` is the environment
variable `VINOCHAT_X`.
"""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import InvalidParameter

REPOSITORY = Path(__file__).resolve().parent.parent
BUILT_IN_CHECKPOINT = REPOSITORY / "data" / "built-in"

EngineChoice = Literal["auto", "genai", "optimum"]
WeightFormat = Literal["fp16", "int8", "int4"]


class Settings(BaseSettings):
    """Everything an operator can choose, with the defaults of a single household machine."""

    model_config = SettingsConfigDict(
        env_prefix="VINOCHAT_", env_file=".env", extra="ignore", frozen=True
    )

    # where to listen
    host: str = "127.0.0.1"
    port: int = Field(7860, ge=0, le=65535)
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    trusted_hosts: str = "*"
    """Comma-separated Host names to answer to; `*` answers to all."""
    trusted_proxies: str = ""
    """Comma-separated addresses whose X-Forwarded-For and -Proto headers are believed."""

    # where things live
    data_dir: Path = REPOSITORY / "data"
    database_url: str = ""
    """A SQLAlchemy URL; empty means SQLite in the data folder."""

    # what to serve
    model: str = "built-in"
    weight_format: WeightFormat = "int8"
    device: str = "CPU"
    engine: EngineChoice = "auto"

    # who may do what
    registration: Literal["open", "approval", "closed"] = "open"
    who_may_switch: Literal["everyone", "admins"] = "everyone"
    who_may_install: Literal["everyone", "admins"] = "admins"
    """Who may fetch, convert and delete models."""
    remote_code: Literal["refused", "admins"] = "refused"
    """Whether admins may let a model's own Python code run, in the process that converts it."""
    metrics_token: str = ""
    """A bearer token that may read /metrics; empty means that only admins may."""
    session_idle_hours: float = Field(168, gt=0, le=720)
    """Hours without a request after which a login ends; 30 days end it in any case."""

    # the Hugging Face hub; these two are read without the prefix as well, as its own tools do
    hf_token: str = Field(
        "", repr=False, validation_alias=AliasChoices("VINOCHAT_HF_TOKEN", "hf_token")
    )
    hf_endpoint: str = Field(
        "", validation_alias=AliasChoices("VINOCHAT_HF_ENDPOINT", "hf_endpoint")
    )
    """The address of a mirror of the hub; empty means the hub itself."""

    # limits
    max_running: int = Field(16, ge=1, le=256)
    max_waiting: int = Field(64, ge=0, le=10_000)
    max_running_per_user: int = Field(8, ge=1)
    kv_cache_gb: float = Field(2.0, gt=0)
    history_tokens: int = Field(2000, ge=64)
    stream_timeout_s: float = Field(600, gt=0)
    """Seconds after which a completion is ended, counted from when it leaves the queue."""
    queue_timeout_s: float = Field(300, gt=0)
    hang_timeout_s: float = Field(300, gt=0)
    """Seconds without a word from a busy engine after which it counts as hung and is restarted."""
    body_limit_bytes: int = Field(1_000_000, ge=1_000)

    # which of an engine's settings are fastest here
    tune_goal: Literal["latency", "throughput"] = "latency"
    """One user's answer as soon as possible, or most tokens for several users together."""
    tune_when_idle_minutes: float = Field(10, ge=0)
    """Minutes without any completion after which what serves is tuned, if it has not been; 0 means
    never. The first request interrupts it."""

    @field_validator("data_dir", mode="before")
    @classmethod
    def _absolute(cls, value: str | Path) -> Path:
        if value == "":  # as a Path it would be the folder that one happens to stand in
            raise ValueError("Name a folder")
        try:
            return Path(value).expanduser().resolve()
        except RuntimeError as error:  # nobody's home, or links that go in a circle
            raise ValueError(str(error)) from None

    @field_validator("device")
    @classmethod
    def _upper(cls, value: str) -> str:
        return value.upper()

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'vinochat.db'}"


def load_settings(**overrides: object) -> Settings:
    """Read the settings; `overrides` are command-line values, None meaning "not given".

    Raises InvalidParameter with one line that names the setting and its allowed values.
    """
    try:
        # Pydantic checks the types; that is what the except is for.
        return Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        option = f" or --{name.replace('_', '-')}" if name in overrides else ""
        reason = first["msg"].removeprefix("Value error, ")
        raise InvalidParameter(
            f"{name} (VINOCHAT_{name.upper()}{option}) is wrong: {reason}.", name
        ) from None
