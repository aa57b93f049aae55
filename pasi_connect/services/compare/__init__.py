"""The two sides of a record, and what their difference is."""
