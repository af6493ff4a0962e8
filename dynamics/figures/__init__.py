"""The papers' theory figures: their data, and one table of which is drawn how."""
