def g(x, scale=1):
    return scale*x
options = {"scale": 3}
y = g(1, scale=2, **options)
