"""Harmonisation: rows of text become typed records under the dictionary's names."""
