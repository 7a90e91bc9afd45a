"""The demo record: invented years around four published attacks, each kept apart.

`cases` turns the published reports into attacks, `story` and `infusions` invent what
lies between them, `people` are those who sign in, and `load` stores it all at once.
"""
