// The functions of one profile, each once.
#pragma once

#include <string>
#include <unordered_map>

#include "libtrack/profile/profile.h"

namespace mqtrack::symbolize {

/// Finds or adds. Borrows the profile, whose functions nobody else may change meanwhile.
class FunctionTable {
 public:
  explicit FunctionTable(profile::Profile& profile);
  [[nodiscard]] profile::FunctionId Intern(profile::Function function);

 private:
  profile::Profile& profile_;
  std::unordered_map<std::string, profile::FunctionId> by_key_;
};

}  // namespace mqtrack::symbolize
