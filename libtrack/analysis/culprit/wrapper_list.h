// Which functions only pass an allocation on (malloc's family, operator new, std:: containers, and the wrappers of
// mosquitto, Paho, OpenSSL, GLib …).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// Which functions are pass-through. Immutable after construction; safe to share between threads.
///
/// The list is text (wrappers.txt says more): one pattern per line, '#' starts a comment, "[heading]" lines group.
///   packet__alloc        a function; C++ names without return type, arguments and template arguments
///   std::*               every function whose name starts so
///   *::operator new      every function whose name ends so
///   module:libc.so*      every function, named or not, of a mapped file of this base name
///   !std::thread::*      takes out: of all patterns that match a name the longest decides, on a tie the one with '!'
class WrapperList {
 public:
  /// The built-in list (a data file compiled in), to which `extra_file` adds in the same syntax. An unreadable file and
  /// a malformed line are errors that name file and line.
  [[nodiscard]] static support::Result<WrapperList> Load(const std::string& extra_file = {});
  /// The built-in list and the lines of `text`; `where` names it in errors.
  [[nodiscard]] static support::Result<WrapperList> Parse(std::string_view text, const std::string& where);
  /// True if a function of this (demangled) name only passes an allocation on.
  [[nodiscard]] bool IsWrapper(std::string_view function_name) const;
  /// True if all functions of a mapped file only pass allocations on (the C library). A path, or its base name.
  [[nodiscard]] bool IsWrapperModule(std::string_view file) const;

 private:
  struct Pattern {
    std::string text;
    bool removes = false;
  };
  /// Sorted by text, so that a name is looked up by bisection; of equal ones the removing one comes first.
  struct PatternSet {
    std::vector<Pattern> exact, prefixes;
    std::vector<std::size_t> prefix_lengths;  // distinct, longest first
    std::vector<Pattern> suffixes;            // longest first
    void Add(std::string_view pattern, bool removes);
    void Sort();
    [[nodiscard]] bool Matches(std::string_view name) const;
  };
  support::Status AddText(std::string_view text, const std::string& where);

  PatternSet functions_, modules_;
};

}  // namespace mqtrack::analysis
