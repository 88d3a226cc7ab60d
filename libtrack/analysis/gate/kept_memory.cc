#include "libtrack/analysis/gate/kept_memory.h"

#include <algorithm>
#include <utility>

#include "libtrack/profile/location_name.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::analysis {

extern const std::string_view kKeptMemoryText;  // kept_memory.txt, compiled in

namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::uint64_t kMaxFileBytes = 1 << 20;
constexpr std::string_view kLibrary = "library: ", kIn = " in ", kFrom = " from ", kWhy = ": ";

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

/// Splits `text` at the first `mark`; false if there is none.
bool Split(std::string_view text, std::string_view mark, std::string_view& before, std::string_view& behind) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return false;
  before = text.substr(0, at);
  behind = text.substr(at + mark.size());
  return true;
}

}  // namespace

Result<KeptMemory> KeptMemory::Load(const std::string& extra_file) {
  if (extra_file.empty()) return Parse({}, {});
  const Result<std::string> text = support::ReadFile(extra_file, kMaxFileBytes);
  if (!text) return text.error();
  return Parse(*text, extra_file);
}

Result<KeptMemory> KeptMemory::Parse(std::string_view text, const std::string& where) {
  KeptMemory kept;
  if (Status built_in = kept.AddText(kKeptMemoryText, "built-in list of kept memory"); !built_in)
    return built_in.error();
  if (Status added = kept.AddText(text, where); !added) return added.error();
  return kept;
}

Status KeptMemory::AddText(std::string_view text, const std::string& where) {
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (Status added = AddLine(line, where + ":" + std::to_string(number)); !added) return added;
  }
  return {};
}

Status KeptMemory::AddLine(std::string_view line, const std::string& where) {
  if (line.starts_with(kLibrary)) {
    Result<NamePattern> library = NamePattern::Parse(Trim(line.substr(kLibrary.size())), where);
    if (!library) return library.error();
    libraries_.push_back(*std::move(library));
    return {};
  }
  std::string_view what, why, function, module, callee, caller;
  if (!Split(line, kWhy, what, why) || !Split(what, kIn, function, module)) {
    return Error{ErrorCode::kBadInput, "expected \"FUNCTION in MODULE: why\", or \"library: MODULE\"", where};
  }
  const bool has_caller = Split(function, kFrom, callee, caller);
  Result<NamePattern> by_function = NamePattern::Parse(Trim(has_caller ? callee : function), where);
  if (!by_function) return by_function.error();
  Result<NamePattern> by_module = NamePattern::Parse(Trim(module), where);
  if (!by_module) return by_module.error();
  KeptEntry entry{*std::move(by_function), *std::move(by_module), {}, std::string(Trim(why)), 0, 0};
  if (has_caller) {
    Result<NamePattern> by_caller = NamePattern::Parse(Trim(caller), where);
    if (!by_caller) return by_caller.error();
    entry.caller.push_back(*std::move(by_caller));
  }
  entries_.push_back(std::move(entry));
  return {};
}

bool KeptMemory::IsLibrary(const std::string& module) const {
  return std::any_of(libraries_.begin(), libraries_.end(),
                     [&](const NamePattern& library) { return library.Matches(module); });
}

/// Leaf first, inlined functions by themselves.
std::vector<KeptMemory::Frame> KeptMemory::FramesOf(const profile::Profile& profile, const profile::Sample& sample) {
  std::vector<Frame> frames;
  for (const profile::LocationId id : sample.locations) {
    const profile::Location& location = profile.location(id);
    std::string module;
    if (location.mapping != profile::MappingId::kNone)
      module = support::BaseName(support::WithoutDeletedMark(profile.mappings[profile::Index(location.mapping)].file));
    for (const profile::Line& line : location.lines) frames.push_back({profile.function(line.function).name, module});
    if (location.lines.empty()) frames.push_back({profile::UnsymbolizedName(profile, location), module});
  }
  return frames;
}

/// The entry of the frame nearest the allocation that has one, if only the libraries' own code lies in between.
KeptEntry* KeptMemory::Find(const std::vector<Frame>& frames) {
  for (std::size_t i = 0; i < frames.size() && IsLibrary(frames[i].module); ++i) {
    for (KeptEntry& entry : entries_) {
      if (!entry.module.Matches(frames[i].module) || !entry.function.Matches(frames[i].function)) continue;
      const bool is_called =
          entry.caller.empty() || (i + 1 < frames.size() && entry.caller.front().Matches(frames[i + 1].function));
      if (is_called) return &entry;
    }
  }
  return nullptr;
}

profile::Profile KeptMemory::Without(const profile::Profile& profile) {
  profile::Profile rest = profile;
  std::vector<std::size_t> heap;
  std::size_t bytes = rest.sample_types.size(), objects = bytes;
  for (std::size_t i = 0; i < rest.sample_types.size(); ++i) {
    const log::SampleKind& kind = profile::SampleKindOf(rest.sample_types[i].type);
    if (kind.kind != log::Kind::kHeapBlock || log::IsCumulative(kind.measure)) continue;
    heap.push_back(i);
    (log::IsBytes(kind.measure) ? bytes : objects) = i;
  }
  for (profile::Sample& sample : rest.samples) {
    const auto value = [&](std::size_t type) { return type < sample.values.size() ? sample.values[type] : 0; };
    if (std::all_of(heap.begin(), heap.end(), [&](std::size_t type) { return value(type) == 0; })) continue;
    KeptEntry* entry = Find(FramesOf(rest, sample));
    if (entry == nullptr) continue;
    entry->bytes += value(bytes);
    entry->objects += value(objects);
    for (const std::size_t type : heap) sample.values[type] = 0;
  }
  return rest;
}

}  // namespace mqtrack::analysis
