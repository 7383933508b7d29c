"""Reporting: pages and tables that people read."""
