"""Measuring: how good, diverse and original a generator is, and whether its edits do what was asked."""
