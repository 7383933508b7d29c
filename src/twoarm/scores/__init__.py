"""Scores, stages and grades of patients: pure functions of columns."""
