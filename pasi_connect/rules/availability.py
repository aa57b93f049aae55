"""Whether PASI returns a record (AvailabilityStatus). A status unknown here says nothing about what PASI holds."""

NORMAL = "Normal"
NO_ACCESS = "NoAccess"
UNKNOWN = "Unknown"  # there is no such record
TELLS = frozenset((NORMAL, NO_ACCESS, UNKNOWN))
