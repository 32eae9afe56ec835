"""How many scripts of each set run today, and what stops the others.

python -m tests.field            a table, then the first error of every script that does not run
python -m tests.field --outputs  what every script and its twin print, too
"""

import sys

from tests.field import runs


def main() -> None:
    """Print it all."""
    rows, errors = ["| set | scripts | run today |", "|---|---|---|"], []
    for s in runs.SETS:
        if runs.missing(s.twin):
            rows.append(f"| {s.name} | {len(s.scripts)} | not counted: {s.twin} is not installed |")
            continue
        stopped = {script: runs.first_error(s, script) for script in s.scripts}
        rows.append(f"| {s.name} | {len(stopped)} | {list(stopped.values()).count('')} |")
        errors += [f"{s.folder}/{script}.py: {error}" for script, error in stopped.items() if error]
        if "--outputs" in sys.argv:
            for script in s.scripts:
                for engine in (s.twin, s.ours):
                    print(f"=== {script} with {engine}\n{runs.outcomes(engine)[script]['printed']}")
    print(*rows, "", *errors, sep="\n")


if __name__ == "__main__":
    main()
