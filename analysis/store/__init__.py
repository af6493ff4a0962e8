"""What a run is on disk: names, chunks, one commit point, a writer and its readers."""
