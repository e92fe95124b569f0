from basix.ufl import element
e = element("Morley", "triangle", 2)
