"""Propensity: score, matching, weighting, balance."""
