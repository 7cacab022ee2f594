"""Labels that no person gave: drawn faces, pseudo-labels, an ONNX tagger's votes; and all labels of a set merged."""
