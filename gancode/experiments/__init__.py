"""What takes minutes to days: the experiments of chapters 5 to 7, each with a command line, and results that were kept.

From a shell `python -m gancode --help` lists them.
"""
