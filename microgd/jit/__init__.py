"""Compiled functions: a function is traced once, and its program printed as code that runs."""
