from dolfinx import mesh
