from ufl import *
from ufl.pullback import covariant_piola
from ufl.sobolevspace import HDiv
from utils import FiniteElement
RT = FiniteElement("RT", triangle, 1, (2,), covariant_piola, HDiv)
