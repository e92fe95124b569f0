def g(x, /):
    return x
y = g(x=1)
