import ufl
F = ufl.derivative
