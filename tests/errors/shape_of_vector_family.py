from ufl import *
from ufl.pullback import contravariant_piola
from ufl.sobolevspace import HDiv
from utils import FiniteElement
RT = FiniteElement("RT", triangle, 1, (3,), contravariant_piola, HDiv)
