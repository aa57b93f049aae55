"""The control API: what a test or a demonstration may do to PASI from outside. Loopback only, JSON, no login."""
