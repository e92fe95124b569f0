#pragma once

#include <string>

#include "fem/language/value.hpp"

/// Values as text, as Python writes them.
namespace femsynth::fem {

class Evaluator;

/// Python's str(): a string is itself.
std::string str_of(Evaluator& evaluator, const Value& value, SourceLocation where);
/// Python's repr(): strings in quotes. Throws for lists nested too deep (or in themselves).
std::string repr_of(Evaluator& evaluator, const Value& value, SourceLocation where);
/// A field of an f-string: the value, converted ("", "r", "s", "a"), by Python's format
/// specification: [[fill]align][sign][#][0][width][,][.precision][type].
std::string format_value(Evaluator& evaluator, const Value& value, const std::string& conversion,
                         const std::string& specification, SourceLocation where);
/// text % values: printf's conversions.
std::string format_percent(Evaluator& evaluator, const std::string& text, const Value& values,
                           SourceLocation where);

}  // namespace femsynth::fem
