from agree import agree
from measure import gradient

TOLERANCE = 1e-6


def gradcheck(f, rule, places):
    wrong = set()
    for xs in places:
        for k, (said, measured) in enumerate(zip(rule(list(xs)), gradient(f, xs))):
            if not agree(said, measured, TOLERANCE):
                wrong.add(k)
    return sorted(wrong)
