#include "libtrack/hunt/site_names.h"

#include <algorithm>

#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/analysis/site_name.h"
#include "libtrack/hunt/known_caches.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/build_profile.h"
#include "libtrack/snapshot/take_snapshot.h"

namespace mqtrack::hunt {
namespace {

using support::Result;

std::vector<NamedFrame> Named(const profile::Profile& profile, const std::vector<analysis::Frame>& frames) {
  std::vector<NamedFrame> stack;
  for (const analysis::Frame& frame : frames)
    stack.push_back({analysis::ModuleName(profile, frame.location), analysis::FrameName(profile, frame)});
  return stack;
}

/// The stacks of `places` and nothing else, each a sample whose generation is its number.
log::LogContent Only(const log::LogContent& content, const std::vector<Place>& places) {
  log::LogContent only;
  only.facts = content.facts;
  only.modules = content.modules;
  for (const log::Stack& stack : content.stacks) {
    const bool wanted =
        std::any_of(places.begin(), places.end(), [&](const Place& place) { return place.stack == stack.id; });
    if (!wanted) continue;
    only.stacks.push_back(stack);
    only.stacks.back().alloc_objects = only.stacks.back().alloc_bytes = 0;
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(i);
    if (places[i].kind == log::Kind::kHeapBlock)
      only.blocks.push_back({places[i].stack, {}, number, 1, 1, 1, 1});
    else
      only.live.push_back({places[i].kind, i + 1, 1, number, places[i].stack, {}});
  }
  return only;
}

std::size_t NumberOf(const profile::Sample& sample, std::size_t none) {
  for (const profile::Label& label : sample.labels) {
    if (label.key == "generation") return static_cast<std::size_t>(label.num);
  }
  return none;
}

}  // namespace

Result<std::vector<SiteName>> NameSites(const log::LogContent& content, const process::RecordedProcess& process,
                                        const std::vector<Place>& places) {
  std::vector<SiteName> names(places.size());
  if (places.empty()) return names;
  Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load();
  if (!wrappers) return wrappers.error();
  snapshot::Options options;
  options.advance_generation = false;
  options.tell_of_others = false;
  const Result<profile::Profile> whole = snapshot::TakeSnapshot(process, options);
  if (whole) wrappers->Add(analysis::FindAllocationLayers({&*whole}, *wrappers));
  profile::Profile profile = snapshot::BuildProfile(Only(content, places));
  snapshot::AddSymbols(profile, {}, process.where.pid, content.modules, content.facts.started_unix_ns);
  for (const profile::Sample& sample : profile.samples) {
    const std::size_t number = NumberOf(sample, places.size());
    if (number >= places.size()) continue;
    const log::SampleKind kind = log::FindSampleKind(places[number].kind, log::Measure::kLiveCount);
    const analysis::StackExpander expander(profile, *wrappers, kind.name);
    std::vector<analysis::Frame> frames;
    expander.Expand(sample.locations, frames);
    if (frames.empty()) continue;
    analysis::Site site;
    analysis::NameSite(profile, analysis::Granularity::kFunction, frames, site);
    SiteName& name = names[number];
    name.function = site.function, name.file = site.file, name.line = site.line, name.module = site.module;
    for (const analysis::Frame& frame : frames) name.chain.push_back(analysis::FrameName(profile, frame));
    name.cache = KnownCacheOf(Named(profile, frames));
  }
  return names;
}

}  // namespace mqtrack::hunt
