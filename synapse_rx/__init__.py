"""Neural networks trained as values in observable reference cells."""
