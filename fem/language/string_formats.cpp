#include <fmt/format.h>

#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/formatting.hpp"
#include "fem/language/limits.hpp"

// text.format(…) and text % values.
namespace femsynth::fem {
namespace {

/// The next value of `text % values`.
class PercentValues {
 public:
  PercentValues(Evaluator& evaluator, const Value& values, SourceLocation where)
      : evaluator_(evaluator), where_(where) {
    const auto* sequence = values.get<Sequence>();
    if (sequence != nullptr && sequence->is_tuple) {
      values_ = *sequence->items;
    } else {
      values_ = {values};
    }
  }
  const Value& next() {
    if (at_ >= values_.size()) throw evaluator_.error(where_, "too few values for the format");
    return values_[at_++];
  }
  void check_all_taken() const {
    if (at_ < values_.size()) throw evaluator_.error(where_, "too many values for the format");
  }

 private:
  Evaluator& evaluator_;
  SourceLocation where_;
  std::vector<Value> values_;
  std::size_t at_ = 0;
};

/// One conversion of printf, after its '%', as a format specification.
std::string specification_of(const std::string& flags, const std::string& size, char type) {
  std::string spec;
  const bool is_text = type == 's' || type == 'r';
  if (flags.find('-') != std::string::npos) {
    spec += '<';
  } else if (is_text && !size.empty() && size[0] != '.') {
    spec += '>';
  }
  if (!is_text && flags.find('+') != std::string::npos) spec += '+';
  if (!is_text && flags.find('0') != std::string::npos) spec += '0';
  spec += size;
  spec += type == 'i' || type == 'u' ? 'd' : type == 'r' ? 's' : type;
  return spec;
}

struct Field {
  std::string name;
  std::string conversion;
  std::string specification;
};

/// Reads name!conversion:specification.
Field field_of(const std::string& text) {
  Field field;
  const std::size_t colon = text.find(':');
  const std::string head = text.substr(0, colon);
  if (colon != std::string::npos) field.specification = text.substr(colon + 1);
  const std::size_t mark = head.find('!');
  field.name = head.substr(0, mark);
  if (mark != std::string::npos) field.conversion = head.substr(mark + 1);
  return field;
}

/// text.format(*values, **names), of fields {}, {0}, {name} and {0:.3f}.
class Formatter {
 public:
  Formatter(Evaluator& evaluator, const CallArguments& args)
      : evaluator_(evaluator),
        values_(args.rest()),
        names_(args.other_keywords()),
        where_(args.where()) {}

  std::string format(const std::string& text) {
    std::string all;
    for (std::size_t k = 0; k < text.size(); ++k) {
      const char c = text[k];
      if ((c == '{' || c == '}') && k + 1 < text.size() && text[k + 1] == c) {
        all += c;
        ++k;
      } else if (c == '{') {
        const std::size_t end = text.find('}', k);
        if (end == std::string::npos) throw evaluator_.error(where_, "a '{' is never closed");
        const Field field = field_of(text.substr(k + 1, end - k - 1));
        all += format_value(evaluator_, value_of(field.name), field.conversion, field.specification,
                            where_);
        k = end;
      } else if (c == '}') {
        throw evaluator_.error(where_, "a single '}' in a format (write '}}')");
      } else {
        all += c;
      }
      if (all.size() > limits::string_length) break;
    }
    return all;
  }

 private:
  const Value& value_of(const std::string& name) {
    std::size_t at = next_;
    if (name.empty()) {
      ++next_;
    } else if (name.size() > 4 || name.find_first_not_of("0123456789") != std::string::npos) {
      for (const auto& [known, passed] : names_) {
        if (known == name) return passed.value;
      }
      throw evaluator_.error(where_, fmt::format("the format's field '{}' has no value", name));
    } else {
      at = static_cast<std::size_t>(std::stoi(name));
    }
    if (at >= values_.size()) {
      throw evaluator_.error(where_, fmt::format("the format's field {} has no value", at));
    }
    return values_[at].value;
  }

  Evaluator& evaluator_;
  const std::vector<PassedValue>& values_;
  const std::vector<std::pair<std::string, PassedValue>>& names_;
  SourceLocation where_;
  std::size_t next_ = 0;
};

Value format(Evaluator& ev, CallArguments& args) {
  Formatter formatter(ev, args);
  return ev.text(formatter.format(args[0].as<std::string>()), args.where());
}

constexpr Builtin format_builtin = {".format", "self, *values, **names", format};

}  // namespace

const Builtin& format_method() { return format_builtin; }

std::string format_percent(Evaluator& evaluator, const std::string& text, const Value& values,
                           SourceLocation where) {
  PercentValues next(evaluator, values, where);
  std::string all;
  for (std::size_t k = 0; k < text.size() && all.size() <= limits::string_length; ++k) {
    if (text[k] != '%') {
      all += text[k];
      continue;
    }
    const std::size_t flags = k + 1;
    const std::size_t size = std::min(text.find_first_not_of("-+ 0#", flags), text.size());
    const std::size_t type = std::min(text.find_first_not_of("0123456789.", size), text.size());
    if (type >= text.size()) throw evaluator.error(where, "a format ends after '%'");
    k = type;
    if (text[type] == '%') {
      all += '%';
      continue;
    }
    static constexpr std::string_view known = "diusrfFeEgGxXo";
    if (known.find(text[type]) == std::string_view::npos) {
      throw evaluator.error(where, fmt::format("the conversion '%{}' is not supported "
                                               "(use an f-string)",
                                               std::string_view(text).substr(type, 1)));
    }
    Value value = next.next();
    const bool is_whole = std::string_view("diuxXo").find(text[type]) != std::string_view::npos;
    if (is_whole && value.is<double>() && std::abs(value.as<double>()) < 1e18) {
      value = {static_cast<std::int64_t>(value.as<double>())};
    }
    const std::string spec = specification_of(text.substr(flags, size - flags),
                                              text.substr(size, type - size), text[type]);
    const char* const conversion = text[type] == 'r' ? "r" : text[type] == 's' ? "s" : "";
    all += format_value(evaluator, value, conversion, spec, where);
  }
  next.check_all_taken();
  return all;
}

}  // namespace femsynth::fem
