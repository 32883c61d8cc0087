"""The pages for people: one build function each."""
