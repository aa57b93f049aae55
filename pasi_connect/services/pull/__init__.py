"""What PASI tells: listened for, fetched, stored as local copies."""
