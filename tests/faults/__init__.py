"""Real processes, a real simulator, real kills. What must hold afterwards stands in `invariants.py`."""
