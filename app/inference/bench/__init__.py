"""How fast a model is: what is measured, how, and how it is shown."""
