"""Validation: what each design does where the truth is known."""
