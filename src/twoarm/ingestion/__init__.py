"""Ingestion: files as they are handed over become rows of text, each with its place."""
