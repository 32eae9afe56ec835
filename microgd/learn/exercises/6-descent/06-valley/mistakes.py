# %% plain descent -> wrong_valley


LR = 0.01
MOMENTUM = 0.0


# %% too little momentum -> wrong_valley


LR = 0.01
MOMENTUM = 0.5


# %% a huge rate -> exploded


LR = 0.5
MOMENTUM = 0.9


# %% all momentum -> restless


LR = 0.01
MOMENTUM = 1.0


# %% a tiny rate -> not_arrived


LR = 1e-05
MOMENTUM = 0.0


# %% uphill -> rate_sign


LR = -0.01
MOMENTUM = 0.9


# %% more than all -> momentum_range


LR = 0.01
MOMENTUM = 9


# %% words -> not_a_number


LR = "small"
MOMENTUM = 0.9
