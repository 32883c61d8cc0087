"""What all benchmarks share: the app and its rivals as processes, their clients, and the report."""
