"""Pages of the guided actions: details, preview, done; the entry afterwards, and the way back."""
