from microgd.learn.checks import failed, passed, thing

SETTINGS = [(20, 5, 1), (23, 4, 2), (3, 8, 3), (30, 1, 4), (12, 12, 5), (1, 1, 6), (64, 10, 7)]


def listed(x):
    """Lists of what may be NumPy arrays."""
    x = x.tolist() if hasattr(x, "tolist") else x
    return [listed(y) for y in x] if isinstance(x, (list, tuple)) else x


def check(answer):
    function = answer.function("batches")

    def batches(count, size, seed):
        return listed(function(count, size, seed))

    for count, size, seed in SETTINGS:
        call = f"batches({count}, {size}, {seed})"
        found = batches(count, size, seed)
        if not isinstance(found, (list, tuple)) or not all(isinstance(part, (list, tuple)) for part in found):
            return failed("wrong_shape", f"{call} should be a list of lists, and is {thing(found)}.")
        numbers = [answer.number(x, "An example's number") for part in found for x in part]
        verdict = contents(call, numbers, count) or cut(call, found, count, size)
        if verdict is not None:
            return verdict
        if batches(count, size, seed) != found:
            return failed(
                "not_the_same",
                f"{call} gives another order when it is called again. What draws, and with which seed?",
            )
    return order(batches) or passed()


def contents(call, numbers, count):
    """Whether every number is there once."""
    others = [x for x in numbers if x not in range(count)]
    if others:
        return failed(
            "other_numbers", f"In {call} there is {others[0]:g}. Which numbers have {count} examples?"
        )
    if len(set(numbers)) < len(numbers):
        again = next(x for x in numbers if numbers.count(x) > 1)
        return failed(
            "twice",
            f"In {call} the number {again:g} is there {numbers.count(again)} times. How often should it be?",
        )
    if len(numbers) < count:
        absent = count - len(numbers)
        are = "number is" if absent == 1 else f"of {count} numbers are"
        return failed("missing", f"In {call}, {absent} {are} missing. What becomes of the rest?")
    return None


def cut(call, found, count, size):
    """Whether the batches have the right sizes."""
    sizes = [len(part) for part in found]
    full, rest = divmod(count, size)
    if sizes == [size] * full + [rest] * (rest > 0):
        return None
    if 0 in sizes:
        return failed("empty", f"In {call} there is an empty batch. Where does the last one begin?")
    shown = ", ".join(map(str, sizes[:8])) + (" ..." if len(sizes) > 8 else "")
    return failed(
        "sizes",
        f"In {call} the batches have the sizes {shown}. Which of them may be another than the one that was asked for?",
    )


def order(batches):
    """Whether the order is random, inside of the batches and between them, and depends on the seed."""
    orders = [batches(40, 4, seed) for seed in (11, 12, 13)]
    if orders[0] == orders[1] == orders[2]:
        if [x for part in orders[0] for x in part] == list(range(40)):
            return failed("in_order", "The numbers come in their own order: 0, 1, 2, ... What shuffles them?")
        return failed("seed", "The order is the same for each seed. Is the argument used?")
    if all(sorted(part) == list(range(4 * k, 4 * k + 4)) for parts in orders for k, part in enumerate(parts)):
        return failed(
            "in_order_outside",
            "The first batch always has the first numbers, the second one the next ones. When are they shuffled, before"
            " or after they are cut?",
        )
    if all(part == list(range(part[0], part[0] + 4)) for parts in orders for part in parts):
        return failed(
            "in_order_inside",
            "Each batch has neighbours in it, such as 4, 5, 6, 7. When are the numbers shuffled, before or after they are"
            " cut?",
        )
    rows = [[x for part in parts for x in part] for parts in orders]
    beside = [sum(abs(a - b) in (1, 39) for a, b in zip(row, row[1:])) for row in rows]
    if min(beside) > 13:
        return failed(
            "hardly_shuffled",
            f"Of 39 numbers, {min(beside)} are followed by a neighbour of theirs, such as 4 by 5. By chance it would be"
            " about two. What shuffles them?",
        )
    return None
