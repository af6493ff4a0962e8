"""From the device to the store: moments and scalars, gathered where the network is."""
