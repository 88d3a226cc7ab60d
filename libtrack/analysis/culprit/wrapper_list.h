// Which functions only pass an allocation on (malloc's family, operator new, std:: containers, and the wrappers of
// mosquitto, Paho, OpenSSL, GLib …).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// A function of the program that passes on what many callers ask for (FindAllocationLayers).
struct AllocationLayer {
  std::string function;     // as the profile calls it
  std::size_t callers = 0;  // how many functions ask it
};

/// Which functions are pass-through. Safe to share between threads as long as nobody adds to it.
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
  /// Counts `layers` among the functions that only pass an allocation on.
  void Add(std::vector<AllocationLayer> layers);

  /// True if a function of this (demangled) name only passes an allocation on.
  [[nodiscard]] bool IsWrapper(std::string_view function_name) const;
  /// True if such a function never calls into the program's own code either: whatever it calls is part of allocating.
  [[nodiscard]] bool IsPure(std::string_view function_name) const;
  /// The added layer of this name, or null. Owned by the list, until the next Add.
  [[nodiscard]] const AllocationLayer* FindLayer(std::string_view function_name) const;
  /// True if a pattern with '!' takes this name out by name: the user wants it to name rows.
  [[nodiscard]] bool TakesOut(std::string_view function_name) const;
  /// True of functions, and of mapped files, that start programs and threads: what is created below them is never their
  /// own doing.
  [[nodiscard]] bool IsStart(std::string_view function_name) const;
  [[nodiscard]] bool IsStartModule(std::string_view file) const;
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
    /// What the deciding pattern says of `name`: in or out; nothing if none matches.
    [[nodiscard]] std::optional<bool> Decide(std::string_view name) const;
    [[nodiscard]] bool Matches(std::string_view name) const { return Decide(name).value_or(false); }
    [[nodiscard]] bool TakesOut(std::string_view name) const { return !Decide(name).value_or(true); }
  };
  /// Where the functions and the modules of a list go to.
  struct Target {
    PatternSet& functions;
    PatternSet& modules;
  };
  static support::Status AddText(std::string_view text, const std::string& where, Target target);

  PatternSet functions_, modules_, pure_, starts_, start_modules_;
  std::vector<AllocationLayer> layers_;  // sorted by function
};

}  // namespace mqtrack::analysis
