// What the C and C++ libraries keep for themselves until the process ends: the gate leaves it out of totals. Which
// functions those are is data, kept_memory.txt, which says how it is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/gate/name_pattern.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// One kind of it, and how much of it was left out.
struct KeptEntry {
  NamePattern function, module;
  std::vector<NamePattern> caller;  // one or none
  std::string why;
  std::int64_t bytes = 0, objects = 0;
};

class KeptMemory {
 public:
  /// The built-in list, and what `extra_file` adds to it; "": nothing. A line that cannot be read is an error.
  [[nodiscard]] static support::Result<KeptMemory> Load(const std::string& extra_file);
  [[nodiscard]] static support::Result<KeptMemory> Parse(std::string_view text, const std::string& where);

  /// `profile` without the heap blocks that are kept; counts them into the entries. Other things stay.
  [[nodiscard]] profile::Profile Without(const profile::Profile& profile);

  [[nodiscard]] const std::vector<KeptEntry>& entries() const { return entries_; }

 private:
  [[nodiscard]] support::Status AddText(std::string_view text, const std::string& where);
  [[nodiscard]] support::Status AddLine(std::string_view line, const std::string& where);
  struct Frame {
    std::string function, module;
  };
  [[nodiscard]] static std::vector<Frame> FramesOf(const profile::Profile& profile, const profile::Sample& sample);
  [[nodiscard]] KeptEntry* Find(const std::vector<Frame>& frames);
  [[nodiscard]] bool IsLibrary(const std::string& module) const;

  std::vector<NamePattern> libraries_;
  std::vector<KeptEntry> entries_;
};

}  // namespace mqtrack::analysis
