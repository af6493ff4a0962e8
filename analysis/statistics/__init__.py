"""What chance alone would give: laws of white noise, and how many rows are independent."""
