"""Loading records that another system delivers: set by set, through the services that write each kind (docs/notes/0023)."""
