"""The app measured side by side with what it competes against; see README.md in this folder."""
