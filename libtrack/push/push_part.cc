#include "libtrack/push/push_part.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/profile/select_columns.h"

namespace mqtrack::push {
namespace {

using nlohmann::json;
using profile::Profile;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr char kSchema[] = "mqtrack-push/1";

/// `profile` with those of its columns that are cumulative, or that are not; other labels than `kept` are gone.
Result<Profile> Columns(const Profile& profile, bool cumulative, const KeptLabels& kept) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    if (log::IsCumulative(profile::SampleKindOf(profile.sample_types[i].type).measure) == cumulative)
      columns.push_back(i);
  }
  return profile::SelectColumns(profile, columns, kept);
}

PushPart MakePart(Profile profile, bool is_state, std::int64_t from_ns, std::int64_t until_ns) {
  profile.time_nanos = until_ns;
  profile.duration_nanos = is_state ? 0 : until_ns - from_ns;
  profile.comments.clear();  // facts of the process, its command line among them
  PushPart part;
  part.is_state = is_state;
  part.from_ns = from_ns;
  part.until_ns = until_ns;
  part.types = profile.sample_types;
  part.pprof = profile::EncodePprof(profile);
  return part;
}

}  // namespace

Result<std::vector<PushPart>> MakeParts(const Profile& profile, const Profile* before, const KeptLabels& kept) {
  std::vector<PushPart> parts;
  Result<Profile> state = Columns(profile, false, kept);
  if (!state) return state.error();
  const std::int64_t until = profile.time_nanos;
  const std::int64_t from = before != nullptr ? before->time_nanos : until;
  if (!state->samples.empty()) parts.push_back(MakePart(*std::move(state), true, from, until));
  if (before == nullptr || until <= from) return parts;
  const Result<Profile> newer = Columns(profile, true, kept), older = Columns(*before, true, kept);
  if (!newer || newer->samples.empty() || !older || older->sample_types.empty()) return parts;
  Result<Profile> between = profile::Subtract(*newer, *older);
  if (!between) return parts;
  // Nothing that was allocated becomes less: where it does, stacks have changed their names.
  std::erase_if(between->samples, [](const profile::Sample& sample) {
    return std::any_of(sample.values.begin(), sample.values.end(), [](std::int64_t value) { return value < 0; });
  });
  if (!between->samples.empty()) parts.push_back(MakePart(*std::move(between), false, from, until));
  return parts;
}

std::string EncodePart(const PushPart& part) {
  json head = {{"schema", kSchema},      {"is_state", part.is_state}, {"from", part.from_ns},
               {"until", part.until_ns}, {"service", part.service},   {"labels", part.labels},
               {"types", json::array()}};
  for (const profile::ValueType& type : part.types) head["types"].push_back({type.type, type.unit});
  return head.dump(-1, ' ', false, json::error_handler_t::replace) + "\n" + part.pprof;
}

Result<PushPart> DecodePart(const std::string& bytes, const std::string& where) {
  const Error malformed{ErrorCode::kBadInput, "is no part of a spool", where};
  const std::size_t end = bytes.find('\n');
  if (end == std::string::npos) return malformed;
  const json head = json::parse(bytes.substr(0, end), nullptr, false);
  if (!head.is_object()) return malformed;
  try {
    if (head.at("schema").get<std::string>() != kSchema) return malformed;
    PushPart part;
    part.is_state = head.at("is_state").get<bool>();
    part.from_ns = head.at("from").get<std::int64_t>();
    part.until_ns = head.at("until").get<std::int64_t>();
    part.service = head.at("service").get<std::string>();
    part.labels = head.at("labels").get<std::map<std::string, std::string>>();
    for (const json& type : head.at("types")) part.types.push_back({type.at(0), type.at(1)});
    part.pprof = bytes.substr(end + 1);
    if (part.pprof.empty()) return malformed;
    return part;
  } catch (const json::exception&) {
    return malformed;
  }
}

}  // namespace mqtrack::push
