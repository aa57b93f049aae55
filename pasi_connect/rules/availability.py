"""Whether PASI gives a record (AvailabilityStatus). A status that is not known here says nothing of what PASI holds."""

NORMAL = "Normal"
NO_ACCESS = "NoAccess"
UNKNOWN = "Unknown"  # there is no such record
TELLS = frozenset((NORMAL, NO_ACCESS, UNKNOWN))
