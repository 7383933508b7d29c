"""Cohort: who is in, which arm, when the clock starts, what counts as an event."""
