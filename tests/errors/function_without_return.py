def g(x):
    y = x
