#include "fem/language/formatting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

namespace femsynth::fem {
namespace {

std::string repr_of_number(double value) {
  std::string text = fmt::format("{}", value);  // the shortest that reads back
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string repr_of_complex(std::complex<double> value) {
  // As Python: no ".0", and no real part that is +0.
  std::string imaginary = fmt::format("{}", value.imag());
  if (value.real() == 0 && !std::signbit(value.real())) return imaginary + "j";
  if (imaginary[0] != '-') imaginary = "+" + imaginary;
  return fmt::format("({}{}j)", value.real(), imaginary);
}

std::string repr_of_text(const std::string& text) {
  const bool single = text.find('\'') == std::string::npos || text.find('"') != std::string::npos;
  const char quote = single ? '\'' : '"';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + quote;
}

/// Writes values with their parts, within the limits of nesting and length.
class Writer {
 public:
  Writer(Evaluator& evaluator, SourceLocation where) : evaluator_(evaluator), where_(where) {}

  std::string repr(const Value& value) {
    write(value, 0);
    return std::move(out_);
  }

 private:
  void write(const Value& value, int depth) {
    evaluator_.count_step(where_);
    if (depth > limits::list_depth) {
      throw evaluator_.error(
          where_,
          fmt::format("lists nested more than {} deep (or in themselves)", limits::list_depth));
    }
    if (out_.size() > limits::string_length) {
      throw evaluator_.error(where_,
                             fmt::format("a string of more than {} bytes", limits::string_length));
    }
    if (const auto* sequence = value.get<Sequence>()) {
      const bool is_tuple = sequence->is_tuple;
      out_ += is_tuple ? '(' : '[';
      for (std::size_t k = 0; k < sequence->items->size(); ++k) {
        if (k > 0) out_ += ", ";
        write((*sequence->items)[k], depth + 1);
      }
      if (is_tuple && sequence->items->size() == 1) out_ += ',';
      out_ += is_tuple ? ')' : ']';
    } else if (const auto* dict = value.get<Dict>()) {
      out_ += '{';
      for (std::size_t k = 0; k < dict->table->entries.size(); ++k) {
        if (k > 0) out_ += ", ";
        write(dict->table->entries[k].first, depth + 1);
        out_ += ": ";
        write(dict->table->entries[k].second, depth + 1);
      }
      out_ += '}';
    } else {
      out_ += atom(value);
    }
  }

  static std::string atom(const Value& value) {
    if (value.is<None>()) return "None";
    if (const auto* flag = value.get<bool>()) return *flag ? "True" : "False";
    if (const auto* integer = value.get<std::int64_t>()) return std::to_string(*integer);
    if (const auto* real = value.get<double>()) return repr_of_number(*real);
    if (const auto* complex = value.get<std::complex<double>>()) return repr_of_complex(*complex);
    if (const auto* text = value.get<std::string>()) return repr_of_text(*text);
    if (const auto* cell = value.get<meshes::CellType>()) return std::string(name_of(*cell));
    if (value.is<Ellipsis>()) return "Ellipsis";
    return fmt::format("<{}>", kind_of(value));
  }

  Evaluator& evaluator_;
  SourceLocation where_;
  std::string out_;
};

/// [[fill]align][sign][#][0][width][,][.precision][type]
struct Specification {
  std::string fill = " ";
  char align = 0;
  char sign = '-';
  bool alternate = false;
  char grouping = 0;
  int width = 0;
  std::optional<int> precision;
  char type = 0;
};

std::size_t character_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class SpecificationReader {
 public:
  SpecificationReader(const Evaluator& evaluator, std::string_view text, SourceLocation where)
      : evaluator_(evaluator), text_(text), where_(where) {}

  Specification read() {
    Specification spec;
    const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
    const std::size_t first = text_.empty() ? 0 : character_length(text_[0]);
    if (first < text_.size() && is_align(text_[first])) {
      spec.fill = text_.substr(0, first);
      spec.align = text_[first];
      at_ = first + 1;
    } else if (is_align(peek())) {
      spec.align = text_[at_++];
    }
    if (peek() == '+' || peek() == '-' || peek() == ' ') spec.sign = text_[at_++];
    if (peek() == '#') spec.alternate = ++at_ > 0;
    if (peek() == '0') {
      ++at_;
      if (spec.align == 0) {
        spec.fill = "0";
        spec.align = '=';
      }
    }
    spec.width = number(0);
    if (peek() == ',' || peek() == '_') spec.grouping = text_[at_++];
    if (peek() == '.') {
      ++at_;
      if (peek() < '0' || peek() > '9') fail();
      spec.precision = number(0);
    }
    if (at_ < text_.size()) spec.type = text_[at_++];
    if (at_ < text_.size()) fail();
    return spec;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  int number(int value) {
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      value = 10 * value + (peek() - '0');
      if (value > limits::format_width) {
        throw evaluator_.error(where_, fmt::format("a format's width or precision is at most {}",
                                                   limits::format_width));
      }
    }
    return value;
  }
  [[noreturn]] void fail() const {
    throw evaluator_.error(where_, fmt::format("the format specification '{}' is not one of "
                                               "[[fill]align][sign][#][0][width][,][.precision]"
                                               "[type]",
                                               text_));
  }

  const Evaluator& evaluator_;
  std::string_view text_;
  SourceLocation where_;
  std::size_t at_ = 0;
};

/// Digits of a number without sign, grouped by thousands in front of the point.
std::string grouped(const std::string& digits, char separator) {
  if (separator == 0) return digits;
  const std::size_t end = std::min(digits.find_first_not_of("0123456789"), digits.size());
  std::string out;
  for (std::size_t k = 0; k < end; ++k) {
    if (k > 0 && (end - k) % 3 == 0) out += separator;
    out += digits[k];
  }
  return out + digits.substr(end);
}

std::string padded(const std::string& sign, const std::string& body, const Specification& spec,
                   char default_align) {
  const char align = spec.align != 0 ? spec.align : default_align;
  const auto length = static_cast<int>(character_count(sign) + character_count(body));
  const int missing = std::max(0, spec.width - length);
  const int before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  std::string left;
  std::string right;
  for (int k = 0; k < missing; ++k) (k < before ? left : right) += spec.fill;
  return align == '=' ? sign + left + body : left + sign + body + right;
}

std::string formatted_integer(std::int64_t value, const Specification& spec) {
  const auto magnitude =
      value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  const char* const prefix = !spec.alternate    ? ""
                             : spec.type == 'x' ? "0x"
                             : spec.type == 'X' ? "0X"
                             : spec.type == 'o' ? "0o"
                             : spec.type == 'b' ? "0b"
                                                : "";
  std::string body = spec.type == 'x'   ? fmt::format("{:x}", magnitude)
                     : spec.type == 'X' ? fmt::format("{:X}", magnitude)
                     : spec.type == 'o' ? fmt::format("{:o}", magnitude)
                     : spec.type == 'b' ? fmt::format("{:b}", magnitude)
                                        : grouped(std::to_string(magnitude), spec.grouping);
  const char* const sign = value < 0 ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
  return padded(std::string(sign) + prefix, body, spec, '>');
}

std::string formatted_real(double value, const Specification& spec) {
  const double magnitude = std::abs(value);
  const int precision = spec.precision.value_or(6);
  std::string body;
  switch (spec.type) {
    case 'f':
    case 'F':
      body = fmt::format("{:.{}f}", magnitude, precision);
      break;
    case 'e':
      body = fmt::format("{:.{}e}", magnitude, precision);
      break;
    case 'E':
      body = fmt::format("{:.{}E}", magnitude, precision);
      break;
    case 'g':
      body = fmt::format("{:.{}g}", magnitude, std::max(precision, 1));
      break;
    case 'G':
      body = fmt::format("{:.{}G}", magnitude, std::max(precision, 1));
      break;
    case '%':
      body = fmt::format("{:.{}f}%", 100 * magnitude, precision);
      break;
    default:
      body = spec.precision ? fmt::format("{:.{}g}", magnitude, std::max(precision, 1))
                            : repr_of_number(magnitude);
      if (body.find_first_not_of("0123456789") == std::string::npos) body += ".0";
      break;
  }
  const char* const sign = std::signbit(value) ? "-"
                           : spec.sign == '+'  ? "+"
                           : spec.sign == ' '  ? " "
                                               : "";
  return padded(sign, grouped(body, spec.grouping), spec, '>');
}

}  // namespace

std::string repr_of(Evaluator& evaluator, const Value& value, SourceLocation where) {
  return Writer(evaluator, where).repr(value);
}

std::string str_of(Evaluator& evaluator, const Value& value, SourceLocation where) {
  if (const auto* text = value.get<std::string>()) return *text;
  return repr_of(evaluator, value, where);
}

std::string format_value(Evaluator& evaluator, const Value& given, const std::string& conversion,
                         const std::string& specification, SourceLocation where) {
  Value value = given;
  if (conversion == "s") value = {str_of(evaluator, given, where)};
  if (conversion == "r" || conversion == "a") value = {repr_of(evaluator, given, where)};
  if (specification.empty()) return str_of(evaluator, value, where);
  const Specification spec = SpecificationReader(evaluator, specification, where).read();
  const auto wrong_type = [&]() {
    return evaluator.error(
        where, fmt::format("the format '{}' is not for {}", specification, kind_of(value)));
  };
  static constexpr std::string_view real_types = "eEfFgG%";
  const bool is_real_type = spec.type != 0 && real_types.find(spec.type) != std::string_view::npos;
  if (const bool* flag = value.get<bool>(); flag != nullptr && spec.type != 0 && spec.type != 's') {
    value = {std::int64_t{*flag}};
  }
  if (value.is_number() && (is_real_type || (value.is<double>() && spec.type == 0))) {
    return formatted_real(value.number(), spec);
  }
  static constexpr std::string_view integer_types = "dxXob";
  if (const auto* integer = value.get<std::int64_t>()) {
    const bool known = spec.type == 0 || integer_types.find(spec.type) != std::string_view::npos;
    if (!known || spec.precision) throw wrong_type();
    return formatted_integer(*integer, spec);
  }
  if ((spec.type != 0 && spec.type != 's') || value.is_number() || spec.align == '=' ||
      spec.grouping != 0 || spec.sign != '-') {
    throw wrong_type();
  }
  std::string text = str_of(evaluator, value, where);
  if (spec.precision) {
    std::size_t end = 0;
    for (int k = 0; k < *spec.precision && end < text.size(); ++k) {
      end += character_length(text[end]);
    }
    text.resize(std::min(end, text.size()));
  }
  return padded("", text, spec, '<');
}

}  // namespace femsynth::fem
