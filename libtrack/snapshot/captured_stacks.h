// Stacks that were captured from a running process, whether it is recorded or not, as locations of a profile.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/threads/module_memory.h"

namespace mqtrack::snapshot {

/// Makes the mappings and locations of `profile`, which it borrows.
class CapturedStacks {
 public:
  CapturedStacks(const std::vector<threads::LoadedModule>& modules, profile::Profile& profile);

  /// Leaf first. A stack that ends early gets a frame in brackets that says so.
  [[nodiscard]] std::vector<profile::LocationId> Of(const std::vector<std::uint64_t>& addresses, bool complete,
                                                    bool truncated);
  /// A frame of this name, in brackets: what stands where there is no stack.
  [[nodiscard]] profile::LocationId Named(const std::string& name);

 private:
  [[nodiscard]] profile::LocationId At(std::uint64_t address);

  profile::Profile& profile_;
  std::unordered_map<std::uint64_t, profile::LocationId> by_address_;
  std::map<std::string, profile::LocationId> by_name_;
};

/// The facts that every capture of a process has: format, target, command.
void AddProcessFacts(profile::Profile& profile, const std::string& name, pid_t pid,
                     const std::vector<std::string>& command);

}  // namespace mqtrack::snapshot
