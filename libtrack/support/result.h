// Result<T>: a value or an Error. The library returns it instead of throwing; main maps Error::code to an exit code.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace mqtrack::support {

/// What kind of failure it was; decides the exit code (docs: exit codes).
enum class ErrorCode {
  kBadInput,       // exit 2: wrong usage, unreadable, malformed or foreign input
  kNotFound,       // exit 2: no such process, file or sample type
  kCannotMeasure,  // exit 3: nothing recorded, events dropped, foreign version
  kSystem,         // exit 2: a system call failed for a reason outside the input
};

/// A failure in words for a user: one sentence, no trailing full stop in `where`.
struct Error {
  ErrorCode code = ErrorCode::kBadInput;
  /// What is wrong and what to do, e.g. "truncated: 12 bytes expected at offset 40, 3 found; take the snapshot again".
  std::string text;
  /// Where: a file, a process, an option. May be empty.
  std::string where;

  /// "where: text", or just the text.
  [[nodiscard]] std::string ToString() const { return where.empty() ? text : where + ": " + text; }
};

/// Holds a T or an Error. Accessing the wrong one is a broken invariant and aborts with a message.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return Checked(), std::get<0>(state_); }
  const T& value() const& { return Checked(), std::get<0>(state_); }
  T&& value() && { return Checked(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  void Checked() const {
    if (ok()) return;
    std::fprintf(stderr, "mqtrack: internal error: value of a failed Result: %s\n", error().ToString().c_str());
    std::abort();
  }
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};
using Status = Result<void>;

}  // namespace mqtrack::support
