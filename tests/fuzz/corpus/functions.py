def f(a, b=2, *, c):
    """doc"""
    def g(x):
        return x + b
    return g(a), c
p, (q, r) = f(1, c=3), (4, 5)
s = [*p, *(q, r)]
