"""Scripts as people write them for PyTorch and for micrograd, run with only their import lines changed."""
