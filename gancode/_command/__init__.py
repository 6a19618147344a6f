"""The two commands that train on pictures of one's own. They use the course, and nothing uses them.

train        `python -m gancode train FOLDER --out run`: a run that goes on where it was cut off
start        what it starts from: pictures, a trainer, seconds a step
folder       what a run keeps in its folder
watch        what can be said of a run from outside, and no more
generate     `python -m gancode generate run -n 64 --out grid.png`
shell        how both speak: one line a thing, an exit status, no traceback
"""
