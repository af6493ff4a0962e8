"""The data of the papers' theory figures, by number."""
