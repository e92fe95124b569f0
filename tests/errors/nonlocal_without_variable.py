def g():
    nonlocal k
    k = 1
    return k
x = g()
