"""Evaluate: quality, diversity and originality of a generator."""
