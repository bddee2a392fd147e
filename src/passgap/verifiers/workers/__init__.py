"""Child processes for work that may hang or crash: killable, limited, replaced when lost.

``pool`` is the parent's side; ``child`` runs one function in a limited process; ``sandbox`` starts
the server of ``passgap.verifiers.inside``, which runs programs, in bubblewrap.
"""
