#pragma once

#include <stdexcept>
#include <string>

/// Errors that a user can cause, and the exit status each of them means.
/// Every message says what, where, the values, and what would be right.
namespace femsynth {

/// Exit status of the program; the numbers are a contract with scripts.
enum class ExitStatus : int {
  done = 0,               ///< done and right
  mismatch = 1,           ///< a check found a mismatch
  bad_input = 2,          ///< bad usage or bad input
  missing_component = 3,  ///< a needed component is not on this machine
  interrupted = 130,      ///< stopped by Ctrl-C, work done so far kept
  internal_error = 70,    ///< a broken invariant of our own: a bug to report
};

/// Base of all our exceptions: a message and the exit status it leads to.
class Error : public std::runtime_error {
 public:
  Error(ExitStatus status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  ExitStatus status() const { return status_; }

 private:
  ExitStatus status_;
};

/// Bad usage or bad input (exit status 2).
class InputError : public Error {
 public:
  explicit InputError(const std::string& message) : Error(ExitStatus::bad_input, message) {}
};

/// A component that is needed here is not on this machine (exit status 3).
class MissingComponent : public Error {
 public:
  explicit MissingComponent(const std::string& message)
      : Error(ExitStatus::missing_component, message) {}
};

/// A broken invariant (exit status 70). No input should be able to cause one.
class InternalError : public Error {
 public:
  explicit InternalError(const std::string& message) : Error(ExitStatus::internal_error, message) {}
};

/// A place in a text file; line and column count from 1, column in characters.
struct SourceLocation {
  int line = 0;
  int column = 0;
  bool known() const { return line > 0; }
  bool operator==(const SourceLocation&) const = default;
};

/// An input error at a place in a file. what() is the whole message:
///
///     poisson.py:7:15: error: inner() of a scalar and a vector of shape (2,)
///         a = inner(u, grad(v))*dx
///                   ^
class LocatedError : public InputError {
 public:
  /// `source` is the whole text of the file; its line at `where` is quoted.
  LocatedError(const std::string& file, SourceLocation where, const std::string& message,
               const std::string& source);
  SourceLocation where() const { return where_; }
  /// The message alone, without place and quoted line.
  const std::string& message() const { return message_; }

 private:
  SourceLocation where_;
  std::string message_;
};

}  // namespace femsynth
