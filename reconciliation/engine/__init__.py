"""Reads two PASIprep exports, pairs their rows and writes what differs. Knows files and options; no Django, no database row."""
