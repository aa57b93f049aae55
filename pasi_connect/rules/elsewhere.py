"""What may be shown of a record at another school of the authority: its school, dates and type only."""

# Of a school enrolment: when, how it ends, main or concurrent, and that it was removed. Of a course enrolment the days alone.
FIELDS = frozenset({"start_date", "exit_date", "exit_date_type", "concurrent", "deleted", "entry_date"})

# What PASI will say of it, where that tells no more than these: of the student, of the school, of days, of main or concurrent.
CODES = frozenset({"9009", "9011", "10058", "10063", "second_main_stay", "withdrawn_ahead"})
