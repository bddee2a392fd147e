"""passgap: can RLVR pay on this model, and what did it teach?"""
