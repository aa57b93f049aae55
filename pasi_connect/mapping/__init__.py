"""PASI's member names against our field names, one table an entity. What PASI's true contract would change stands here."""
