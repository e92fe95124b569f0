y = 1
def g(x):
    z = y
    y = x
    return z
a = g(1)
