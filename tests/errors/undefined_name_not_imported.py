from ufl import triangle, FiniteElement, TestFunction, dx
v = TestFunction(FiniteElement("P", triangle, 1))
L = sin(v)*dx
