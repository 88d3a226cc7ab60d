#include "libtrack/analysis/workload/asked.h"

#include <algorithm>
#include <sstream>

#include "libtrack/profile/fact.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

/// "$share/group/a/b" asks for "a/b".
std::string_view WithoutGroup(std::string_view filter) {
  constexpr std::string_view kShare = "$share/";
  if (!filter.starts_with(kShare)) return filter;
  const std::size_t end = filter.find('/', kShare.size());
  return end == std::string_view::npos ? filter : filter.substr(end + 1);
}

/// Takes a level off the front of `text`; false: it was the last one.
bool TakeLevel(std::string_view& text, std::string_view& level) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  level = text.substr(0, slash);
  const bool has_more = slash < text.size();
  text.remove_prefix(has_more ? slash + 1 : slash);
  return has_more;
}

bool ReadCount(const std::string& word, std::string_view name, std::int64_t& count) {
  if (!word.starts_with(name) || word.size() <= name.size() || word[name.size()] != '=') return false;
  const support::Result<std::int64_t> number = support::ParseCount(std::string_view(word).substr(name.size() + 1));
  if (!number || *number < 0) return false;
  count = *number;
  return true;
}

}  // namespace

Asked ReadAsked(const profile::Profile& profile) {
  Asked asked;
  asked.is_all = profile::FindFact(profile, profile::kMqttAskedAllFact).has_value();
  for (const std::string& fact : profile::FindFacts(profile, profile::kMqttAskedFact)) {
    std::istringstream words(fact);
    std::string filter, away, stalled, connected;
    AskedFilter one;
    if (!(words >> filter >> away >> stalled >> connected) || !ReadCount(away, "away", one.away) ||
        !ReadCount(stalled, "stalled", one.stalled) || !ReadCount(connected, "connected", one.connected))
      continue;
    one.filter = profile::FromWord(filter);
    for (std::string name; words >> name;) one.names.push_back(profile::FromWord(name));
    asked.filters.push_back(std::move(one));
  }
  for (const std::string& fact : profile::FindFacts(profile, profile::kMqttStalledFact)) {
    std::istringstream words(fact);
    for (std::string name; words >> name;) asked.stalled.insert(profile::FromWord(name));
  }
  return asked;
}

bool IsAskedFor(std::string_view topic, std::string_view filter) {
  filter = WithoutGroup(filter);
  if (topic.starts_with('$') && !filter.starts_with('$')) return false;
  for (;;) {
    std::string_view wanted, level;
    const bool wants_more = TakeLevel(filter, wanted);
    if (wanted == "#") return true;
    const bool has_more = TakeLevel(topic, level);
    if (wanted != "+" && wanted != level) return false;
    if (!has_more) return !wants_more || filter == "#";  // "a/#" asks for "a", too
    if (!wants_more) return false;
  }
}

bool AsksForAll(std::string_view filter) {
  filter = WithoutGroup(filter);
  return filter == "#" || filter == "+/#";
}

}  // namespace mqtrack::analysis
