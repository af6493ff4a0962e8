"""The numbers of the papers' theory figures and a name of our own, by which `table` has them."""

NUMBERS = ("3", "4", "5", "7", "8", "9", "10", "iso2", "iso5", "iso6", "mean-field")
