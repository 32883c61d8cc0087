"""VinoChat: talk to open large language models on Intel hardware through OpenVINO."""

__version__ = "0.1.0"
