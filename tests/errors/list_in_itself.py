from ufl import as_vector
x = [1, 2]
x.append(x)
y = as_vector(x)
