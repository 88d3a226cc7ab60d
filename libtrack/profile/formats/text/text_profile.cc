#include "libtrack/profile/formats/text/text_profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::profile {
namespace {

// "start-end perms offset dev inode path", or older tools' "start-end: path". False if it is neither.
bool ScanMapping(std::string_view line, Mapping& mapping, bool& executable) {
  LineScanner scan(line);
  if (!scan.Number(mapping.start, 16).Literal("-").Number(mapping.limit, 16).ok()) return false;
  if (mapping.limit <= mapping.start) return false;
  if (scan.rest().starts_with(':')) {
    executable = true;
    mapping.file = scan.Literal(":").Spaces().rest();
    return !mapping.file.empty();
  }
  executable = scan.Word().find('x') != std::string_view::npos;
  if (!scan.Number(mapping.offset, 16).ok()) return false;
  scan.Word();  // device
  scan.Word();  // inode
  std::string_view path = scan.Spaces().rest();
  while (path.ends_with(' ')) path.remove_suffix(1);
  mapping.file = support::WithoutDeletedMark(path);
  return true;
}

// The lines may abbreviate: "build=/path" and then "$build/file".
void Expand(std::string& file, const std::string& build) {
  constexpr std::string_view kVariable = "$build";
  if (build.empty()) return;
  const std::size_t at = file.find(kVariable);
  if (at != std::string::npos) file.replace(at, kVariable.size(), build);
}

// pprof's guess at the program itself: a file that is no shared object and no "[vdso]".
bool LooksLikeProgram(const Mapping& mapping) {
  const std::string_view file = mapping.file;
  return !file.empty() && file[0] != '[' && !file.ends_with(".so") && file.find(".so.") == std::string_view::npos &&
         !file.starts_with("linux-vdso");
}

void AssignMappings(Profile& profile) {
  std::vector<std::uint32_t> order(profile.mappings.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return profile.mappings[a].start < profile.mappings[b].start; });
  for (Location& location : profile.locations) {
    const auto after =
        std::upper_bound(order.begin(), order.end(), location.address,
                         [&](std::uint64_t a, std::uint32_t i) { return a < profile.mappings[i].start; });
    if (after == order.begin()) continue;
    const std::uint32_t candidate = *(after - 1);
    if (location.address < profile.mappings[candidate].limit) location.mapping = MappingId{candidate};
  }
}

}  // namespace

std::int64_t WholeNumber(double value) {
  constexpr double kLimit = 9.2e18;  // below 2^63
  if (!(value < kLimit)) return std::numeric_limits<std::int64_t>::max();
  if (!(value > -kLimit)) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

bool ScanHeapCounts(LineScanner& scan, HeapCounts& counts) {
  return scan.Number(counts.inuse_objects)
      .Literal(":")
      .Number(counts.inuse_space)
      .Literal("[")
      .Number(counts.alloc_objects)
      .Literal(":")
      .Number(counts.alloc_space)
      .Literal("]")
      .ok();
}

void Unsample(std::int64_t& objects, std::int64_t& space, std::int64_t rate) {
  if (objects == 0 || space == 0) {
    objects = space = 0;
    return;
  }
  if (rate <= 1) return;
  const double average = static_cast<double>(space) / static_cast<double>(objects);
  const double factor = 1 / (1 - std::exp(-average / static_cast<double>(rate)));
  objects = Scaled(objects, factor);
  space = Scaled(space, factor);
}

void TextProfileBuilder::SetHeapTypes(bool with_alloc) {
  with_alloc_ = with_alloc;
  profile_.sample_types.clear();
  if (with_alloc) {
    profile_.sample_types.push_back(WithUnit(kAllocObjects));
    profile_.sample_types.push_back(WithUnit(kAllocSpace));
  }
  profile_.sample_types.push_back(WithUnit(kInuseObjects));
  profile_.sample_types.push_back(WithUnit(kInuseSpace));
  profile_.default_sample_type = kInuseSpace;
  profile_.period_type = {"space", "bytes"};
  profile_.period = 1;
}

LocationId TextProfileBuilder::At(std::uint64_t address) {
  const auto [entry, is_new] =
      by_address_.emplace(address, LocationId{static_cast<std::uint32_t>(profile_.locations.size())});
  if (is_new) profile_.locations.push_back({MappingId::kNone, address, {}, false});
  return entry->second;
}

std::vector<LocationId> TextProfileBuilder::Calls(const std::vector<std::uint64_t>& return_addresses) {
  std::vector<LocationId> locations;
  locations.reserve(return_addresses.size());
  for (const std::uint64_t address : return_addresses) locations.push_back(Call(address));
  return locations;
}

void TextProfileBuilder::AddHeapSample(std::vector<LocationId> locations, const HeapCounts& counts) {
  if (counts.inuse_objects == 0 && counts.alloc_objects == 0) return;  // Go lists these too; they say nothing
  // No "bytes" label with the average block size, which pprof adds here: it changes from dump to dump, and labels are
  // part of a sample's identity, so a diff could not cancel what did not change.
  Sample& sample = profile_.samples.emplace_back();
  sample.locations = std::move(locations);
  if (with_alloc_) sample.values = {counts.alloc_objects, counts.alloc_space};
  sample.values.push_back(counts.inuse_objects);
  sample.values.push_back(counts.inuse_space);
}

void TextProfileBuilder::ReadMappedLibraries(LineCursor& lines) {
  std::string build;
  while (const auto line = lines.Next()) {
    LineScanner scan(*line);
    if (scan.Spaces().rest().starts_with("build=")) {
      build = scan.rest().substr(6);
      continue;
    }
    Mapping mapping;
    bool executable = false;
    if (!ScanMapping(*line, mapping, executable) || !executable) continue;
    Expand(mapping.file, build);
    profile_.mappings.push_back(std::move(mapping));
  }
  const auto program = std::find_if(profile_.mappings.begin(), profile_.mappings.end(), LooksLikeProgram);
  if (program != profile_.mappings.end()) std::rotate(profile_.mappings.begin(), program, program + 1);
  AssignMappings(profile_);
}

bool IsMappedLibrariesHeader(std::string_view line) {
  return line.ends_with("MAPPED_LIBRARIES:") || line.ends_with("--- Memory map: ---");
}

}  // namespace mqtrack::profile
