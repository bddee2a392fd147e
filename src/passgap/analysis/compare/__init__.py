"""After training: what did it change?"""
