"""Simulation: an invented cohort of five centres, as their hospitals hand it over."""
