def g(x, *, scale):
    return scale*x
y = g(1)
