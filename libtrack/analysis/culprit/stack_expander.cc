#include "libtrack/analysis/culprit/stack_expander.h"

#include <algorithm>
#include <array>

#include "libtrack/profile/label_frames.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/cxx_name.h"

namespace mqtrack::analysis {
namespace {

/// "ns::AlarmClient::AlarmClient", also of a template.
bool IsConstructor(const std::string& function_name) {
  const std::string bare = support::BareName(function_name);
  const std::string_view name = bare;
  const std::size_t end = name.rfind("::");
  if (end == std::string_view::npos) return false;
  const std::string_view scope = name.substr(0, end), last = name.substr(end + 2);
  return scope.ends_with(last) && (scope.size() == last.size() || scope[scope.size() - last.size() - 1] == ':');
}

std::vector<bool> WrapperFunctions(const profile::Profile& profile, const WrapperList& wrappers, bool owned) {
  std::vector<bool> is_wrapper;
  is_wrapper.reserve(profile.functions.size());
  for (const profile::Function& function : profile.functions) {
    is_wrapper.push_back(wrappers.IsWrapper(function.name) || (owned && IsConstructor(function.name)));
  }
  return is_wrapper;
}

/// Libraries of MQTT clients: the sockets and threads of a client are made below a call of the service's, and stay
/// until the service destroys the client.
constexpr std::array<std::string_view, 2> kClientLibraries = {"libmosquitto", "libpaho-mqtt"};

bool IsClientLibrary(std::string_view file) {
  const std::string_view name = support::BaseName(file);
  return std::any_of(kClientLibraries.begin(), kClientLibraries.end(),
                     [&](std::string_view library) { return name.starts_with(library); });
}

std::vector<bool> WrapperModules(const profile::Profile& profile, const WrapperList& wrappers, bool owned) {
  std::vector<bool> is_wrapper;
  is_wrapper.reserve(profile.mappings.size());
  for (const profile::Mapping& mapping : profile.mappings) {
    is_wrapper.push_back(wrappers.IsWrapperModule(mapping.file) || (owned && IsClientLibrary(mapping.file)));
  }
  return is_wrapper;
}

}  // namespace

StackExpander::StackExpander(const profile::Profile& profile, const WrapperList& wrappers,
                             std::string_view sample_type) {
  const bool owned = profile::SampleKindOf(sample_type).made_by_owner;
  const std::vector<bool> is_wrapper = WrapperFunctions(profile, wrappers, owned);
  const std::vector<bool> is_wrapper_module = WrapperModules(profile, wrappers, owned);
  frames_.reserve(profile.locations.size());
  first_.reserve(profile.locations.size() + 1);
  for (std::size_t at = 0; at < profile.locations.size(); ++at) {
    const profile::Location& location = profile.locations[at];
    const profile::LocationId id{static_cast<std::uint32_t>(at)};
    const bool in_wrapper_module =
        location.mapping != profile::MappingId::kNone && is_wrapper_module[Index(location.mapping)];
    first_.push_back(frames_.size());
    if (location.lines.empty()) frames_.push_back({.location = id, .wrapper = in_wrapper_module});
    for (std::size_t i = 0; i < location.lines.size(); ++i) {
      const profile::Line& line = location.lines[i];
      const bool label = profile::IsLabelFrame(profile.function(line.function));
      frames_.push_back({.location = id,
                         .function = &profile.function(line.function),
                         .line = line.line,
                         .inlined = i + 1 < location.lines.size(),
                         .wrapper = !label && (in_wrapper_module || is_wrapper[Index(line.function)]),
                         .label = label});
    }
  }
  first_.push_back(frames_.size());
}

void StackExpander::Expand(const std::vector<profile::LocationId>& locations, std::vector<Frame>& stack) const {
  stack.clear();
  for (const profile::LocationId location : locations) {
    const std::span<const Frame> frames = FramesOf(location);
    stack.insert(stack.end(), frames.begin(), frames.end());
  }
}

}  // namespace mqtrack::analysis
