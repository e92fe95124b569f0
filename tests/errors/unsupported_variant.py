import basix
from basix.ufl import element
e = element("P", "triangle", 3,
            lagrange_variant=basix.LagrangeVariant.legendre)
