import ufl
F = ufl.cell_avg
