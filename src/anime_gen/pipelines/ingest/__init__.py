"""Ingest: pictures in, face store out."""
