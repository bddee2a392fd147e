"""One module per tool whose logs are read. In: the files of a log. Out: one Record per sample.

A module has the files' names, their rows and one ``FORMAT``; everything that formats share is in
the folder above, which imports none of them.
"""
