"""Every measure by name, with what is known of it: range, null, basis, invariances, source."""
