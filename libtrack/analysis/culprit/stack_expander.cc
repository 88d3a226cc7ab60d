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

/// What is known of a function by its name alone.
struct Known {
  bool wrapper = false, pure = false, start = false;
  std::size_t layer_callers = 0;
};

std::vector<Known> KnownFunctions(const profile::Profile& profile, const WrapperList& wrappers, bool owned) {
  std::vector<Known> known;
  known.reserve(profile.functions.size());
  for (const profile::Function& function : profile.functions) {
    Known& of = known.emplace_back();
    of.wrapper = wrappers.IsWrapper(function.name) || (owned && IsConstructor(function.name));
    of.pure = of.wrapper && wrappers.IsPure(function.name);
    of.start = wrappers.IsStart(function.name);
    const AllocationLayer* layer = wrappers.FindLayer(function.name);
    of.layer_callers = layer != nullptr ? layer->callers : 0;
  }
  return known;
}

/// Libraries of MQTT clients: the sockets and threads of a client are made below a call of the service's, and stay
/// until the service destroys the client.
constexpr std::array<std::string_view, 2> kClientLibraries = {"libmosquitto", "libpaho-mqtt"};

bool IsClientLibrary(std::string_view file) {
  const std::string_view name = support::BaseName(file);
  return std::any_of(kClientLibraries.begin(), kClientLibraries.end(),
                     [&](std::string_view library) { return name.starts_with(library); });
}

std::vector<Known> KnownModules(const profile::Profile& profile, const WrapperList& wrappers, bool owned) {
  std::vector<Known> known;
  known.reserve(profile.mappings.size());
  for (const profile::Mapping& mapping : profile.mappings) {
    Known& of = known.emplace_back();
    of.wrapper = wrappers.IsWrapperModule(mapping.file) || (owned && IsClientLibrary(mapping.file));
    of.start = wrappers.IsStartModule(mapping.file);
  }
  return known;
}

}  // namespace

StackExpander::StackExpander(const profile::Profile& profile, const WrapperList& wrappers,
                             std::string_view sample_type) {
  const bool owned = profile::SampleKindOf(sample_type).made_by_owner;
  const std::vector<Known> functions = KnownFunctions(profile, wrappers, owned);
  const std::vector<Known> modules = KnownModules(profile, wrappers, owned);
  frames_.reserve(profile.locations.size());
  first_.reserve(profile.locations.size() + 1);
  for (std::size_t at = 0; at < profile.locations.size(); ++at) {
    const profile::Location& location = profile.locations[at];
    const profile::LocationId id{static_cast<std::uint32_t>(at)};
    const Known module = location.mapping != profile::MappingId::kNone ? modules[Index(location.mapping)] : Known{};
    first_.push_back(frames_.size());
    if (location.lines.empty()) {
      frames_.push_back({.location = id, .wrapper = module.wrapper, .start = module.start});
    }
    for (std::size_t i = 0; i < location.lines.size(); ++i) {
      const profile::Line& line = location.lines[i];
      const bool label = profile::IsLabelFrame(profile.function(line.function));
      const Known of = label ? Known{} : functions[Index(line.function)];
      frames_.push_back({.location = id,
                         .function = &profile.function(line.function),
                         .line = line.line,
                         .inlined = i + 1 < location.lines.size(),
                         .wrapper = !label && (module.wrapper || of.wrapper),
                         .pure = of.pure,
                         .start = !label && (module.start || of.start),
                         .layer_callers = of.layer_callers,
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
