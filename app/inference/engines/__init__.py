"""Engines: each runs one model on one device, inside the engine process."""
