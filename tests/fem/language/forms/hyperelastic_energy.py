# The stored energy of a neo-Hookean body, in the older dialect.
from ufl import *
cell = hexahedron
e = VectorElement("Q", cell, 1)
u = Coefficient(e)
B = Coefficient(e)      # body force per unit volume
T = VectorConstant(cell)
d = cell.geometric_dimension()
I = Identity(d); F = I + grad(u)
C = F.T*F
Ic = tr(C); J = det(F)
mu = Constant(cell)
lmbda = Constant(cell)
psi = (mu/2)*(Ic - 3) - mu*ln(J) + (lmbda/2)*(ln(J))**2
M = psi*dx - dot(B, u)*dx - dot(T, u)*ds
