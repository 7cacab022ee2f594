"""Publish: bundle, registry, gate."""
