shape = (2, 2)
shape[0] = 3
