"""Inference: models, engines and the service in front of them.

Knows nothing of users' accounts, HTTP, pages or the database.
"""
