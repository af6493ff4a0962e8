"""The flows: vector fields as frozen values, each with what theory knows of it."""
