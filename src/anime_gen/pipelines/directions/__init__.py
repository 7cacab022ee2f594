"""Directions: what each slider moves, and how well it does."""
