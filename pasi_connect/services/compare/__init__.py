"""The two sides of a record, and how they differ."""
