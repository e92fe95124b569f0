from basix.ufl import element, enriched_element
P = element("P", "triangle", 1, shape=(2,))
B = element("Bubble", "triangle", 3)
V = enriched_element([P, B])
