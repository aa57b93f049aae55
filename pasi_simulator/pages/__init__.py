"""A pinch of PASIprep: pages on which a person changes enrolments in PASI by hand. Works without JavaScript."""
