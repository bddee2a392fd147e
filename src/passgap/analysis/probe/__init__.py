"""Before training: does the base have room that RLVR can use?"""
