from basix.ufl import quadrature_element
Q = quadrature_element("triangle", value_shape=())
