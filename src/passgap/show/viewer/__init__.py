"""The viewer: a folder of runs in, a local web app over all of them out.

`server.serve` binds and runs it, `app.build` makes the ASGI app, `library` opens the runs. It looks
like the report (docs/decisions/0022) and changes nothing on disk but a person's audit marks.
Completions, questions, ids, metadata and file names are hostile text in it: escaped, steering
characters named, under a policy that runs no script but its own.
"""
