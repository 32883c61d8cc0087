"""How the built-in model is made: corpus, tokenizer, training loop and evaluation.

Nothing here is imported by the app; it only reads what ends up in `data/built-in/`.
"""

import os

# Before torch is imported. On cores that others use too, a thread that spins at a barrier takes the
# time from the one that it waits for: training was found to be four times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
