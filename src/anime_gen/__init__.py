"""Untagged anime faces in, measured sliders out."""
