"""Accounts: passwords, users, login sessions, API keys, throttling, the routes of the forms."""
