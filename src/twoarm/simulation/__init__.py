"""Simulation: an invented cohort of two centres, as their hospitals hand it over."""
