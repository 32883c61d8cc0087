"""How the built-in model is made: corpus, tokenizer, training loop and evaluation.

Nothing here is imported by the app; it only reads what ends up in `data/built-in/`.
"""
