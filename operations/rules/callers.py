"""How a person is named who acts through a program: "NAME, by PROGRAM".

The same text stands in the history, in the audit and in what PASI is told. PASI takes 100 characters of Latin-1 (CallerInfo); our
columns take 200. What is too long loses the end of the program's name first, then that of the person's.
"""

from operations.rules import latin1

MOST, MOST_FOR_PASI = 200, 100
BY = ", by "
LEAST_OF_PROGRAM = 20  # characters that a long person's name leaves to the program


def named(person: str, program: str = "", most: int = MOST) -> str:
    """`program` is written in letters that PASI can store; without one that can, the person stands alone."""
    program = latin1.proposal(program)
    if not program:
        return person[:most].rstrip()
    room = max(most - len(person) - len(BY), LEAST_OF_PROGRAM)
    program = program[:room].rstrip()
    return f"{person[: most - len(BY) - len(program)].rstrip()}{BY}{program}"


def parts(name: str) -> tuple[str, str]:
    """(person, program) of a text that `named` made; the program is empty where the person acted alone."""
    person, _by, program = name.partition(BY)
    return person, program


def renamed(name: str, person: str) -> str:
    """The same act under the person's present spelling."""
    return named(person, parts(name)[1])


def for_pasi(name: str) -> str:
    return named(*parts(name), most=MOST_FOR_PASI)
