"""Actions: what a person did, as one entry that is found by each of its records and taken back as a whole."""

from pasi_connect.services.actions.entries import note_undone, record, record_decision

__all__ = ["note_undone", "record", "record_decision"]
