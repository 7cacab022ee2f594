"""Edits judged by the measurer: what was asked, what came of it, and what else moved."""
