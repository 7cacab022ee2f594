"""Sub-models that read an artist's attributes from a picture, and the labels they learn from."""
