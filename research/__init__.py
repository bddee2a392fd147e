"""The authors' studies: planned sets of runs and the pages they make (``python -m research``)."""
