"""Does a test notice when a rule of PASI's is broken? One fault a row of docs/developer/integrator-rules.md (`make mutants`)."""
