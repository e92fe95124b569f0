#include <gtest/gtest.h>

#include "pipeline.hpp"

namespace femsynth::solvers {}
