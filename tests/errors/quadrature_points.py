from basix.ufl import quadrature_element
Q = quadrature_element("triangle", points=[[0.25], [0.5]], weights=[0.25, 0.25])
