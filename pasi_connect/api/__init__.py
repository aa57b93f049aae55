"""The API of the synchronization, one file a resource. Each view starts from a selector: foreign records do not exist (404)."""
