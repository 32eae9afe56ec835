LR = ...  # the learning rate, a float above 0
MOMENTUM = ...  # how much of the velocity is kept, a float from 0 to 1
