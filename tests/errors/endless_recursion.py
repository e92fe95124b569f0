def g(x):
    return g(x)
a = g(1)
