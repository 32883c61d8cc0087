"""Accounts: passwords, users, login sessions, API keys, throttling and the routes of the two forms."""
