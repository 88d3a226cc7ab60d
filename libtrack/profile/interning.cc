#include "libtrack/profile/interning.h"

#include "libtrack/profile/hash.h"

namespace mqtrack::profile {
namespace {

InternTables::MappingKey KeyOf(const Mapping& mapping) {
  // Sizes differ by less than a page between a maps file and program headers.
  constexpr std::uint64_t kPage = 0x1000;
  const std::uint64_t size = (mapping.limit - mapping.start + kPage - 1) / kPage * kPage;
  return {size, mapping.offset, mapping.build_id.empty() ? mapping.file : mapping.build_id};
}

std::size_t HashOf(const Function& function) {
  Hash hash;
  hash.Add(function.name);
  hash.Add(function.system_name);
  hash.Add(function.filename);
  hash.Add(static_cast<std::uint64_t>(function.start_line));
  return hash.value();
}

std::size_t HashOf(const Location& location) {
  Hash hash;
  hash.Add(std::uint64_t{Index(location.mapping)});
  hash.Add(location.address);
  for (const Line& line : location.lines) {
    hash.Add(std::uint64_t{Index(line.function)});
    hash.Add(static_cast<std::uint64_t>(line.line));
  }
  return hash.value();
}

}  // namespace

Remapper::Remapper(const Profile& from, InternTables& tables, Profile& to)
    : from_(from),
      tables_(tables),
      to_(to),
      mappings_(from.mappings.size(), kUnknown),
      functions_(from.functions.size(), kUnknown),
      locations_(from.locations.size(), kUnknown) {}

MappingId Remapper::Map(MappingId id) {
  if (id == MappingId::kNone) return id;
  std::uint32_t& known = mappings_[Index(id)];
  if (known != kUnknown) return MappingId{known};
  const Mapping& mapping = from_.mappings[Index(id)];
  const auto [entry, is_new] =
      tables_.mappings.emplace(KeyOf(mapping), MappingId{static_cast<std::uint32_t>(to_.mappings.size())});
  if (is_new) to_.mappings.push_back(mapping);
  known = Index(entry->second);
  return entry->second;
}

FunctionId Remapper::Map(FunctionId id) {
  std::uint32_t& known = functions_[Index(id)];
  if (known != kUnknown) return FunctionId{known};
  const Function& function = from_.functions[Index(id)];
  const std::size_t index = tables_.functions.FindOrAdd(
      HashOf(function), to_.functions.size(), [&](std::size_t other) { return to_.functions[other] == function; });
  if (index == to_.functions.size()) to_.functions.push_back(function);
  known = static_cast<std::uint32_t>(index);
  return FunctionId{known};
}

LocationId Remapper::Map(LocationId id) {
  std::uint32_t& known = locations_[Index(id)];
  if (known != kUnknown) return LocationId{known};
  Location& location = translated_;  // its memory is used again: most locations of a second profile are known
  location = from_.locations[Index(id)];
  if (location.mapping != MappingId::kNone) {
    // Where the same file lay in the other process: this is what takes address randomisation out.
    const std::uint64_t old_start = from_.mappings[Index(location.mapping)].start;
    location.mapping = Map(location.mapping);
    location.address += to_.mappings[Index(location.mapping)].start - old_start;
  }
  for (Line& line : location.lines) line.function = Map(line.function);
  const std::size_t index = tables_.locations.FindOrAdd(
      HashOf(location), to_.locations.size(), [&](std::size_t other) { return to_.locations[other] == location; });
  if (index == to_.locations.size()) to_.locations.push_back(location);
  known = static_cast<std::uint32_t>(index);
  return LocationId{known};
}

}  // namespace mqtrack::profile
