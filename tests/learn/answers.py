"""The answers of answers.txt: the exercise, the answer, whether it should pass, and its source."""

from pathlib import Path

from microgd.learn.course import Course


def answers():
    """All of them."""
    course, exercise = Course(), None
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            exercise = course.find(line[3:])
        elif exercise is not None and line[:2] in ("- ", "+ "):
            text = line[2:].replace("\\n", "\n")
            yield exercise.name, line[2:], line[0] == "+", _source(exercise.solution, text)


def _source(solution, text):
    if " ==> " in text:
        old, new = text.split(" ==> ")
        assert old in solution, old
        return solution.replace(old, new)
    start = solution.index("def backward")
    head = solution[: solution.index("\n", start) + 1]
    return f"import math\n{head}    {text}\n"
