// Whom to blame: which frame of a creation stack names the line a reader can fix.
//
// Frames that only pass an allocation on (malloc's family, operator new, std:: containers, and the wrappers of
// mosquitto, Paho, OpenSSL, GLib …) stay in the stack, are skipped for naming, and start collapsed in pictures.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// Which functions are pass-through. Immutable after construction; safe to share between threads.
class WrapperList {
 public:
  /// The built-in list (a data file compiled in), to which `extra_file` adds: one pattern per line, '#' comments.
  [[nodiscard]] static support::Result<WrapperList> Load(const std::string& extra_file = {});
  /// True if a function of this (demangled) name only passes an allocation on.
  [[nodiscard]] bool IsWrapper(std::string_view function_name) const;
  /// A regular expression for pprof's drop_frames: only the part of the list that is safe under its rule (the match
  /// nearest the root cuts everything leaf-ward), i.e. pure allocation functions.
  [[nodiscard]] static const std::string& DropFramesRegex();

 private:
  std::vector<std::string> exact_, prefixes_;
};

/// One frame of a stack, inlined frames separate.
struct Frame {
  profile::LocationId location{};
  const profile::Function* function = nullptr;  // null: not symbolized. Owned by the profile
  std::int64_t line = 0;
  bool inlined = false;  // was inlined into the next frame of the stack
  bool wrapper = false;  // passes an allocation on
};

/// The stack of `sample`, leaf first, inlined frames expanded. Unsymbolized locations give a frame without function.
[[nodiscard]] std::vector<Frame> ExpandStack(const profile::Profile& profile, const profile::Sample& sample,
                                             const WrapperList& wrappers);

/// Index in `stack` of the frame to blame: the one nearest the leaf that is not a wrapper; if all are, the one nearest
/// the root. `stack` must not be empty.
[[nodiscard]] std::size_t CulpritIndex(const std::vector<Frame>& stack);

}  // namespace mqtrack::analysis
