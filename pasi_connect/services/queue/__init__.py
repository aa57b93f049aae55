"""Our changes on their way to PASI: collected, claimed, sent, and their outcomes recorded."""
