"""Everything about accounts in one object, made once per process and handed to who needs it."""

from app.auth import passwords
from app.auth.api_keys import ApiKeys
from app.auth.sessions import Sessions
from app.auth.throttle import Throttle
from app.auth.users import Users
from app.config import Settings
from app.database import Database


class Accounts:
    """The services of `app.auth` over one database."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.users = Users(database, Throttle(database), settings.registration)
        self.sessions = Sessions(database, settings.session_idle_hours)
        self.api_keys = ApiKeys(database)
        self.hashing = passwords.HashingPool()
        passwords.warm_up()

    def close(self) -> None:
        self.hashing.close()
