"""Evaluate: quality, diversity and memory of a generator."""
