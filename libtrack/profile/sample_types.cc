// Which number of a sample is meant, what it sums to, labels as text, and the facts that travel in comments.
#include <utility>

#include "libtrack/profile/operations.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::ErrorCode;

std::optional<std::size_t> FindExact(const Profile& profile, std::string_view name) {
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    if (profile.sample_types[i].type == name) return i;
  }
  return std::nullopt;
}

/// What `mqtrack run --without` calls the things that a sample type counts; empty of types that are not ours.
std::string_view RecordableOf(std::string_view type) {
  constexpr std::pair<std::string_view, std::string_view> kRecordables[] = {{kInuseSpace, "heap"},
                                                                            {kInuseObjects, "heap"},
                                                                            {kAllocSpace, "heap"},
                                                                            {kAllocObjects, "heap"},
                                                                            {"threads", "threads"},
                                                                            {"timers", "timers"},
                                                                            {"fds", "fds"},
                                                                            {"mapped_space", "mappings"},
                                                                            {"mqtt_clients", "mqtt"},
                                                                            {"mqtt_subscriptions", "mqtt"},
                                                                            {"resources", "resources"},
                                                                            {"resource_space", "resources"}};
  for (const auto& [known, recordable] : kRecordables) {
    if (known == type) return recordable;
  }
  return {};
}

/// True if the recording was told to leave out what `type` counts.
bool IsLeftOut(const Profile& profile, std::string_view type) {
  const std::string_view recordable = RecordableOf(type);
  const std::string left_out = "," + FindFact(profile, "not_recorded").value_or("") + ",";
  return !recordable.empty() && left_out.find("," + std::string(recordable) + ",") != std::string::npos;
}

}  // namespace

support::Result<std::size_t> FindSampleType(const Profile& profile, const std::string& name) {
  if (profile.sample_types.empty()) {
    return Error{ErrorCode::kBadInput, "the profile has no sample types; it holds nothing to report", ""};
  }
  if (name.empty()) {
    const std::size_t last = profile.sample_types.size() - 1;
    return FindExact(profile, profile.default_sample_type).value_or(last);
  }
  std::optional<std::size_t> found = FindExact(profile, name);
  // pprof's alias: legacy heap files call the live values just "space" and "objects".
  if (!found && name.starts_with("inuse_")) found = FindExact(profile, std::string_view(name).substr(6));
  if (found) return *found;
  if (IsLeftOut(profile, name)) {
    return Error{ErrorCode::kCannotMeasure,
                 name + " were not recorded (mqtrack run --without " + std::string(RecordableOf(name)) +
                     "), so nothing is known of them; record again with them",
                 ""};
  }
  return Error{ErrorCode::kNotFound, "no sample type '" + name + "'; this profile has: " + ListSampleTypes(profile),
               ""};
}

std::string ObjectsSibling(std::string_view sample_type) {
  constexpr std::string_view kSpace = "space";
  if (!sample_type.ends_with(kSpace)) return {};
  return std::string(sample_type.substr(0, sample_type.size() - kSpace.size())) + "objects";
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

std::string LabelText(const Label& label) {
  if (!label.str.empty()) return label.str;
  return std::to_string(label.num) + (label.num_unit.empty() ? "" : " " + label.num_unit);
}

std::int64_t Total(const Profile& profile, std::size_t sample_type) {
  std::uint64_t total = 0;  // unsigned: a hostile file's overflow must wrap, not be undefined
  for (const Sample& sample : profile.samples) {
    if (sample_type < sample.values.size()) total += static_cast<std::uint64_t>(sample.values[sample_type]);
  }
  return static_cast<std::int64_t>(total);
}

std::optional<std::string> FindFact(const Profile& profile, std::string_view key) {
  const std::string prefix = std::string(kFactPrefix) + std::string(key) + ": ";
  for (const std::string& comment : profile.comments) {
    if (comment.starts_with(prefix)) return comment.substr(prefix.size());
  }
  return std::nullopt;
}

}  // namespace mqtrack::profile
