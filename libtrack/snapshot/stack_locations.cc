#include "libtrack/snapshot/stack_locations.h"

#include <algorithm>

#include "libtrack/profile/unseen_stacks.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::snapshot {
namespace {

using profile::LocationId;
using profile::MappingId;

constexpr char kUnknownStack[] = "[unknown stack]";
constexpr std::string_view kRecorderFile = "libmqtrack_preload.so";

// A module's lowest mapped address is the start of its first segment, whose file offset is 0 in every ELF file that a
// linker makes. As in /proc/PID/maps, `offset` is a file offset: pprof and our symbolizer find the load bias from it by
// the program headers, for executables at a fixed address too.
profile::Mapping ToMapping(const log::LogModule& module) {
  profile::Mapping mapping;
  mapping.start = module.start;
  mapping.limit = module.end;
  mapping.offset = 0;
  mapping.file = module.path;
  mapping.build_id = module.build_id;
  return mapping;
}

const char* NameOf(log::SyntheticStack stack) {
  switch (stack) {
    case log::SyntheticStack::kBeforeAttach:
      return profile::kBeforeAttach.data();
    case log::SyntheticStack::kInherited:
      return profile::kInherited.data();
    case log::SyntheticStack::kNotSeenMade:
      return "[not seen being made]";
    case log::SyntheticStack::kUnknown:
      break;
  }
  return kUnknownStack;
}

}  // namespace

std::size_t StackTable::VectorHash::operator()(const std::vector<LocationId>& locations) const {
  std::uint64_t hash = locations.size();
  for (const LocationId id : locations) hash = log::Mix(hash ^ profile::Index(id)) + 0x9e3779b97f4a7c15ULL;
  return hash;
}

StackTable::StackTable(const log::LogContent& content, profile::Profile& profile)
    : modules_(content.modules),
      module_map_(content.modules),
      profile_(profile),
      mappings_(content.modules.size(), MappingId::kNone) {
  const auto main =
      std::find_if(modules_.begin(), modules_.end(), [](const log::LogModule& module) { return module.is_main; });
  if (main != modules_.end()) MappingOf(static_cast<std::uint32_t>(main - modules_.begin()));  // becomes mappings[0]
  const auto recorder = std::find_if(modules_.begin(), modules_.end(), [](const log::LogModule& module) {
    return support::BaseName(module.path).starts_with(kRecorderFile);
  });
  if (recorder != modules_.end()) recorder_ = &*recorder;  // it is never unloaded
  numbers_.reserve(content.stacks.size());
  for (const log::Stack& stack : content.stacks) {
    records_.Insert(static_cast<std::uint32_t>(stack.id));
    numbers_.push_back(AddStack(LocationsOf(stack)));
  }
  const auto is_unknown = [&](const auto& entry) {
    return records_.Find(static_cast<std::uint32_t>(entry.stack)) == log::IdIndex::kMissing;
  };
  if (std::any_of(content.live.begin(), content.live.end(), is_unknown) ||
      std::any_of(content.blocks.begin(), content.blocks.end(), is_unknown))
    unknown_ = AddStack({BracketLocation(kUnknownStack)});
}

std::uint32_t StackTable::AddStack(std::vector<LocationId> locations) {
  const auto [at, added] = by_locations_.try_emplace(locations, static_cast<std::uint32_t>(stacks_.size()));
  if (added) stacks_.push_back(std::move(locations));
  return at->second;
}

std::vector<LocationId> StackTable::LocationsOf(const log::Stack& stack) {
  if ((stack.flags & log::kStackSynthetic) != 0) {
    return {BracketLocation(NameOf(stack.synthetic))};
  }
  std::vector<LocationId> locations;
  locations.reserve(stack.addresses.size() + 1);
  for (const std::uint64_t address : stack.addresses) {
    // What fopen and opendir allocate comes through our own hook on them: that is not of the program.
    if (recorder_ != nullptr && address > recorder_->start && address <= recorder_->end) continue;
    locations.push_back(AddressLocation(address, stack.modules));
  }
  // The root says that callers are missing, so that nobody takes what is there for the whole story.
  if ((stack.flags & log::kStackTruncated) != 0) {
    locations.push_back(BracketLocation("[truncated]"));
  } else if ((stack.flags & log::kStackEarly) != 0) {
    locations.push_back(BracketLocation("[before start-up]"));
  } else if ((stack.flags & log::kStackIncomplete) != 0) {
    locations.push_back(BracketLocation("[incomplete]"));
  }
  if (locations.empty()) locations.push_back(BracketLocation(kUnknownStack));
  return locations;
}

LocationId StackTable::AddressLocation(std::uint64_t return_address, std::uint32_t registered) {
  // One back lands inside the call, whose line is the caller's; the return address may be the next line's already.
  const std::uint64_t address = return_address == 0 ? 0 : return_address - 1;
  const Place place{address, module_map_.Find(address, registered)};
  const auto [at, added] = by_place_.try_emplace(place, static_cast<LocationId>(profile_.locations.size()));
  if (added) {
    const MappingId mapping = place.module == ModuleMap::kNone ? MappingId::kNone : MappingOf(place.module);
    profile::Location& location = profile_.locations.emplace_back();
    location.address = address;
    location.mapping = mapping;
  }
  return at->second;
}

LocationId StackTable::BracketLocation(const std::string& name) {
  const auto [at, added] = by_bracket_.try_emplace(name, static_cast<LocationId>(profile_.locations.size()));
  if (added) {
    const auto function = static_cast<profile::FunctionId>(profile_.functions.size());
    profile_.functions.push_back({name, name, {}, 0});
    profile_.locations.emplace_back().lines.push_back({function, 0});
  }
  return at->second;
}

MappingId StackTable::MappingOf(std::uint32_t module) {
  if (mappings_[module] == MappingId::kNone) {
    mappings_[module] = static_cast<MappingId>(profile_.mappings.size());
    profile_.mappings.push_back(ToMapping(modules_[module]));
  }
  return mappings_[module];
}

}  // namespace mqtrack::snapshot
