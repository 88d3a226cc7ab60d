#include "libtrack/symbolize/name_coverage.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "libtrack/profile/location_name.h"
#include "libtrack/symbolize/module_files.h"

namespace mqtrack::symbolize {
namespace {

bool HasName(const profile::Profile& profile, const profile::Location& location) {
  return std::any_of(location.lines.begin(), location.lines.end(), [&](const profile::Line& line) {
    const std::string& name = profile.function(line.function).name;
    return !name.empty() && !profile::IsOffsetName(name);
  });
}

bool HasLine(const profile::Location& location) {
  return std::any_of(location.lines.begin(), location.lines.end(),
                     [](const profile::Line& line) { return line.line != 0; });
}

}  // namespace

NameCoverage MeasureCoverage(const profile::Profile& profile) {
  NameCoverage coverage;
  std::map<std::pair<std::string, std::string>, NameCoverage::Module> modules;
  for (const profile::Location& location : profile.locations) {
    const bool in_file = profile::Index(location.mapping) < profile.mappings.size();
    if (!in_file && location.address == 0 && !location.lines.empty()) continue;
    const bool named = HasName(profile, location), has_line = HasLine(location);
    ++coverage.frames;
    coverage.named += named ? 1 : 0;
    coverage.with_line += has_line ? 1 : 0;
    if (!in_file) continue;
    const profile::Mapping& mapping = profile.mappings[profile::Index(location.mapping)];
    if (IsPseudoFile(mapping.file)) continue;
    NameCoverage::Module& module = modules[{mapping.file, mapping.build_id}];
    ++module.frames;
    module.nameless += named ? 0 : 1;
    module.without_line += has_line ? 0 : 1;
  }
  for (auto& [identity, module] : modules) {
    if (module.without_line < module.frames) continue;
    std::tie(module.file, module.build_id) = identity;
    coverage.lacking.push_back(std::move(module));
  }
  std::stable_sort(coverage.lacking.begin(), coverage.lacking.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.nameless, a.without_line) > std::tuple(b.nameless, b.without_line);
  });
  return coverage;
}

}  // namespace mqtrack::symbolize
