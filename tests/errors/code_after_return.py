def g(x):
    return x
    y = 1
