"""Sub-models: networks, training, calibration, figures, and the tagger that binds them."""
