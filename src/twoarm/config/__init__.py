"""The study file: closed pydantic models, one a section."""
