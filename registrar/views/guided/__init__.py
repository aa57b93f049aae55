"""Pages of the guided actions: details, preview, done; the entry of what was done, and the way back."""
