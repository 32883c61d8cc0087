"""What the model learns to do: one module a skill, each function one turn of conversation."""
