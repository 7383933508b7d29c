"""Survival: curves, contrasts of the arms, regression."""
