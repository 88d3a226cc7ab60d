#include "libtrack/snapshot/captured_stacks.h"

#include "libtrack/snapshot/facts.h"

namespace mqtrack::snapshot {

using profile::LocationId;

CapturedStacks::CapturedStacks(const std::vector<threads::LoadedModule>& modules, profile::Profile& profile)
    : profile_(profile) {
  for (const threads::LoadedModule& module : modules) {
    profile::Mapping& mapping = profile_.mappings.emplace_back();
    mapping.start = module.start;
    mapping.limit = module.end;
    mapping.file = module.path;
    mapping.build_id = module.build_id;
  }
}

std::vector<LocationId> CapturedStacks::Of(const std::vector<std::uint64_t>& addresses, bool complete, bool truncated) {
  std::vector<LocationId> stack;
  for (const std::uint64_t address : addresses) stack.push_back(At(address));
  if (truncated) {
    stack.push_back(Named("[truncated]"));
  } else if (!complete) {
    stack.push_back(Named("[incomplete]"));
  }
  return stack;
}

LocationId CapturedStacks::At(std::uint64_t address) {
  const auto [at, added] = by_address_.try_emplace(address, LocationId{});
  if (!added) return at->second;
  at->second = static_cast<LocationId>(profile_.locations.size());
  profile::Location& location = profile_.locations.emplace_back();
  location.address = address;
  for (std::size_t i = 0; i < profile_.mappings.size(); ++i) {
    const profile::Mapping& mapping = profile_.mappings[i];
    if (mapping.start <= address && address < mapping.limit) location.mapping = static_cast<profile::MappingId>(i);
  }
  return at->second;
}

LocationId CapturedStacks::Named(const std::string& name) {
  const auto [at, added] = by_name_.try_emplace(name, LocationId{});
  if (!added) return at->second;
  at->second = static_cast<LocationId>(profile_.locations.size());
  const auto function = static_cast<profile::FunctionId>(profile_.functions.size());
  profile_.functions.push_back({name, name, {}, 0});
  profile_.locations.emplace_back().lines.push_back({function, 0});
  return at->second;
}

void AddProcessFacts(profile::Profile& profile, const std::string& name, pid_t pid,
                     const std::vector<std::string>& command) {
  AddFact(profile, "format", "1");
  AddFact(profile, "target", name + " (pid " + std::to_string(pid) + ")");
  std::string words;
  for (const std::string& word : command) words += (words.empty() ? "" : " ") + word;
  if (!words.empty()) AddFact(profile, "command", words);
}

}  // namespace mqtrack::snapshot
