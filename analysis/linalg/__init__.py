"""Matrices and spectra, as arrays and as labelled arrays: what every measure is made of."""
