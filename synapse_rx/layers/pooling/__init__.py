"""Windows of which one number is left, and whole maps of which one is."""
