from basix.ufl import element
e = element("N1curl", "triangle", 1)
