"""What is asked of values that come in, whatever door they come by; one line if they are wrong."""
