"""PASI's rules as tables read by pure functions: no clock, no I/O, no state."""
