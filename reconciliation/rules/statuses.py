"""The four values of Match Status, in the words of the source (Set Up Data Synchronization)."""

MATCH_STATUS = "Match Status"

PERFECT = "Perfectly Matched"
DIFFERENT = "Matched with Data Differences"
MISSING = "Missing from PASI"
ADDED = "Added New to PASI"

STATUSES = (PERFECT, DIFFERENT, MISSING, ADDED)
# The order of a result: what needs a look comes first.
IN_RESULT = (DIFFERENT, MISSING, ADDED, PERFECT)
