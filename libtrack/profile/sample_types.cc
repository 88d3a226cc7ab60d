#include "libtrack/profile/sample_types.h"

#include "libtrack/profile/fact.h"

namespace mqtrack::profile {
namespace {

using log::SampleKind;
using support::Error;
using support::ErrorCode;

std::optional<std::size_t> FindExact(const Profile& profile, std::string_view name) {
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    if (profile.sample_types[i].type == name) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> FindSame(const Profile& profile, std::string_view name) {
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    if (IsSameType(profile.sample_types[i].type, name)) return i;
  }
  return std::nullopt;
}

/// True if the recording was told to leave out what `kind` counts.
bool IsLeftOut(const Profile& profile, const SampleKind& kind) {
  const std::string left_out = "," + FindFact(profile, "not_recorded").value_or("") + ",";
  return *kind.without != 0 && left_out.find("," + std::string(kind.without) + ",") != std::string::npos;
}

}  // namespace

const SampleKind& SampleKindOf(std::string_view type) {
  static constexpr SampleKind kUnknown = {};
  for (const SampleKind& row : log::kSampleKinds) {
    if (!type.empty() && (type == row.name || type == row.older_name)) return row;
  }
  return kUnknown;
}

std::string_view TypeWords(std::string_view type, std::int64_t count) {
  const SampleKind& kind = SampleKindOf(type);
  return count == 1 ? kind.one : kind.many;
}

ValueType WithUnit(const SampleKind& kind) { return {kind.name, log::IsBytes(kind.measure) ? "bytes" : "count"}; }
ValueType WithUnit(std::string_view type) { return WithUnit(SampleKindOf(type)); }

std::vector<std::string> RecordedTypes() {
  std::vector<std::string> names;
  for (std::size_t i = log::kSampleKindCount; i-- > 0;) {
    if (log::kSampleKinds[i].kind != log::Kind::kNone) names.emplace_back(log::kSampleKinds[i].name);
  }
  return names;
}

bool IsSameType(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const SampleKind& kind = SampleKindOf(a);
  return *kind.name != 0 && &kind == &SampleKindOf(b);
}

support::Result<std::size_t> FindSampleType(const Profile& profile, const std::string& name) {
  if (profile.sample_types.empty()) {
    return Error{ErrorCode::kBadInput, "the profile has no sample types; it holds nothing to report", ""};
  }
  if (name.empty()) {
    const std::size_t last = profile.sample_types.size() - 1;
    return FindExact(profile, profile.default_sample_type).value_or(last);
  }
  std::optional<std::size_t> found = FindExact(profile, name);
  if (!found) found = FindSame(profile, name);
  if (found) return *found;
  if (const SampleKind& kind = SampleKindOf(name); IsLeftOut(profile, kind)) {
    return Error{ErrorCode::kCannotMeasure,
                 name + " were not recorded (mqtrack run --without " + kind.without +
                     "), so nothing is known of them; record again with them",
                 ""};
  }
  return Error{ErrorCode::kNotFound, "no sample type '" + name + "'; this profile has: " + ListSampleTypes(profile),
               ""};
}

std::string ObjectsSibling(std::string_view sample_type) {
  const SampleKind& kind = SampleKindOf(sample_type);
  if (!log::IsBytes(kind.measure)) return {};
  const SampleKind& sibling = SampleKindOf(log::FindSampleKind(kind.kind, log::CountOf(kind.measure)).name);
  return sample_type == kind.older_name ? sibling.older_name : sibling.name;
}

std::optional<std::size_t> FindObjectsType(const Profile& profile, std::size_t sample_type) {
  const std::string sibling = ObjectsSibling(profile.sample_types[sample_type].type);
  return sibling.empty() ? std::nullopt : FindExact(profile, sibling);
}

std::string ListSampleTypes(const Profile& profile) {
  std::string list;
  for (const ValueType& type : profile.sample_types) list += (list.empty() ? "" : ", ") + type.type;
  return list.empty() ? "none" : list;
}

std::int64_t Total(const Profile& profile, std::size_t sample_type) {
  std::uint64_t total = 0;  // unsigned: a hostile file's overflow must wrap, not be undefined
  for (const Sample& sample : profile.samples) {
    if (sample_type < sample.values.size()) total += static_cast<std::uint64_t>(sample.values[sample_type]);
  }
  return static_cast<std::int64_t>(total);
}

}  // namespace mqtrack::profile
