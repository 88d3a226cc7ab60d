// Keeps the samples and frames a user asked for. Semantics are pprof's -focus, -ignore, -hide, -tagfocus, -tagignore.
#include "libtrack/profile/filter.h"

#include <algorithm>
#include <optional>

#include "libtrack/profile/expression.h"
#include "libtrack/support/units.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

// "key=value" or "value", where value is a number, a range of numbers, or an expression.
class TagPattern {
 public:
  static Result<TagPattern> Compile(const std::string& option, const std::string& text) {
    TagPattern tag;
    if (text.empty()) return tag;
    const std::size_t equals = text.find('=');
    std::string value = text;
    if (equals != std::string::npos) {
      tag.key_ = text.substr(0, equals);
      value = text.substr(equals + 1);
      if (tag.key_.empty() || value.empty()) {
        return Error{ErrorCode::kBadInput, "'" + text + "' is not of the form key=value", option};
      }
    }
    tag.ParseRange(value);
    auto pattern = Expression::Compile(option, value);
    if (!pattern) return pattern.error();
    tag.pattern_ = std::move(*pattern);
    return tag;
  }

  [[nodiscard]] bool set() const { return pattern_.set(); }
  [[nodiscard]] bool Matches(const Sample& sample) const {
    return std::any_of(sample.labels.begin(), sample.labels.end(), [&](const Label& label) {
      if (!key_.empty() && label.key != key_) return false;
      if (!label.str.empty()) return pattern_.Matches(label.str);
      return range_ && label.num >= range_->first && label.num <= range_->second;
    });
  }

 private:
  // "64", "1kb:64kb", "1kb:" and ":64kb"; anything else leaves range_ empty.
  void ParseRange(std::string_view value) {
    const std::size_t colon = value.find(':');
    const std::string_view low = value.substr(0, colon);
    const std::string_view high = colon == std::string_view::npos ? low : value.substr(colon + 1);
    if (low.empty() && high.empty()) return;
    std::pair<std::int64_t, std::int64_t> range{INT64_MIN, INT64_MAX};
    if (!low.empty()) {
      const auto bytes = support::ParseBytes(low);
      if (!bytes) return;
      range.first = *bytes;
    }
    if (!high.empty()) {
      const auto bytes = support::ParseBytes(high);
      if (!bytes) return;
      range.second = *bytes;
    }
    range_ = range;
  }

  std::string key_;
  Expression pattern_;
  std::optional<std::pair<std::int64_t, std::int64_t>> range_;
};

// By function: is there a match in its name, its symbol or its file?
std::vector<bool> MatchFunctions(const Profile& profile, const Expression& pattern) {
  std::vector<bool> matches(profile.functions.size());
  for (std::size_t i = 0; pattern.set() && i < matches.size(); ++i) {
    const Function& function = profile.functions[i];
    matches[i] =
        pattern.Matches(function.name) || pattern.Matches(function.system_name) || pattern.Matches(function.filename);
  }
  return matches;
}

std::vector<bool> MatchMappings(const Profile& profile, const Expression& pattern) {
  std::vector<bool> matches(profile.mappings.size());
  for (std::size_t i = 0; pattern.set() && i < matches.size(); ++i)
    matches[i] = pattern.Matches(profile.mappings[i].file);
  return matches;
}

// By location: is there a match in any of its lines or in its mapped file?
std::vector<bool> MatchLocations(const Profile& profile, const Expression& pattern) {
  std::vector<bool> matches(profile.locations.size());
  if (!pattern.set()) return matches;
  const std::vector<bool> functions = MatchFunctions(profile, pattern);
  const std::vector<bool> mappings = MatchMappings(profile, pattern);
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const Location& location = profile.locations[i];
    const bool in_mapping = location.mapping != MappingId::kNone && mappings[Index(location.mapping)];
    matches[i] = in_mapping || std::any_of(location.lines.begin(), location.lines.end(),
                                           [&](const Line& line) { return functions[Index(line.function)]; });
  }
  return matches;
}

// Takes the matching lines out of their locations, and returns which locations are gone altogether: a location keeps
// the inlined frames that do not match.
std::vector<bool> HideLines(Profile& profile, const Expression& pattern) {
  std::vector<bool> hidden(profile.locations.size());
  if (!pattern.set()) return hidden;
  const std::vector<bool> functions = MatchFunctions(profile, pattern);
  const std::vector<bool> mappings = MatchMappings(profile, pattern);
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    Location& location = profile.locations[i];
    const bool had_lines = !location.lines.empty();
    std::erase_if(location.lines, [&](const Line& line) { return functions[Index(line.function)]; });
    const bool in_mapping = location.mapping != MappingId::kNone && mappings[Index(location.mapping)];
    hidden[i] = in_mapping || (had_lines && location.lines.empty());
  }
  return hidden;
}

bool AnyOf(const Sample& sample, const std::vector<bool>& locations) {
  return std::any_of(sample.locations.begin(), sample.locations.end(),
                     [&](LocationId id) { return locations[Index(id)]; });
}

}  // namespace

Result<Profile> ApplyFilter(const Profile& profile, const Filter& filter) {
  const auto focus = Expression::Compile("focus", filter.focus);
  if (!focus) return focus.error();
  const auto ignore = Expression::Compile("ignore", filter.ignore);
  if (!ignore) return ignore.error();
  const auto hide = Expression::Compile("hide", filter.hide);
  if (!hide) return hide.error();
  const auto tag_focus = TagPattern::Compile("tag focus", filter.tag_focus);
  if (!tag_focus) return tag_focus.error();
  const auto tag_ignore = TagPattern::Compile("tag ignore", filter.tag_ignore);
  if (!tag_ignore) return tag_ignore.error();

  Profile result = profile;
  const std::vector<bool> focused = MatchLocations(profile, *focus);
  const std::vector<bool> ignored = MatchLocations(profile, *ignore);
  const std::vector<bool> hidden = HideLines(result, *hide);
  std::erase_if(result.samples, [&](Sample& sample) {
    if (focus->set() && !AnyOf(sample, focused)) return true;
    if (ignore->set() && AnyOf(sample, ignored)) return true;
    if (tag_focus->set() && !tag_focus->Matches(sample)) return true;
    if (tag_ignore->set() && tag_ignore->Matches(sample)) return true;
    const bool had_frames = !sample.locations.empty();
    std::erase_if(sample.locations, [&](LocationId id) { return hidden[Index(id)]; });
    return had_frames && sample.locations.empty();
  });
  return result;
}

}  // namespace mqtrack::profile
