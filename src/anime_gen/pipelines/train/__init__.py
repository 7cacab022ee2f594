"""Kedro pipeline of the train stage."""
