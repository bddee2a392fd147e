"""What runs inside the sandbox: from programs and their tests to one verdict per program.

Standard library only; ``workers/sandbox`` runs these files in a separate Python, and passgap never
imports them. Three processes separate a program from its verdict, each a fork of a server that has
seen nothing:

    server    waits for a request and forks a tester; it never reads one
    tester    reads the tests and the programs, runs the tests, writes the verdicts
    zygote    forked by the tester before it reads; forks one process for each program
    program   runs what a model wrote, with no right to start, signal or trace a process, open a
              socket or share memory, and with limits on time, memory and output

A test calls the program through a socket and gets plain values back, so only what the program
returned is compared: it has no test, no expected output and no access to the verdict, and an object
that claims to equal everything never leaves it. Nothing is kept between two programs: the private
folder is emptied, the processes are gone.

Not covered: tests that pass functions or objects other than plain data (the verdict is then
``unscored``), and faults of the kernel.
"""
