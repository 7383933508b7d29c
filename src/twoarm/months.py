"""The study's month."""

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days in twelve equal parts."""
