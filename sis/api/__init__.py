"""The API of the SIS's own records, one file a resource. What lies outside of the person's schools does not exist (404)."""
