DEAD = "c"
TWICE = "b"
WRONG = "Cube"
PLACE = -2.0
