"""What the application is made of: built once in `app/main.py`, handed to the API and the pages."""

from dataclasses import dataclass

from app.auth.accounts import Accounts
from app.chat import Chat
from app.config import Settings
from app.conversations import Conversations
from app.inference.jobs import Jobs
from app.inference.service import InferenceService


@dataclass(frozen=True, slots=True)
class Services:
    """The collaborators of one running app."""

    settings: Settings
    accounts: Accounts
    conversations: Conversations
    inference: InferenceService
    chat: Chat
    jobs: Jobs
