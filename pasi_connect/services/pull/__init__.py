"""What PASI announces: listened for, fetched, stored as local copies."""
