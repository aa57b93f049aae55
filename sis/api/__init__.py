"""The API of the SIS's own records, one file per resource. What lies outside the person's schools does not exist (404)."""
