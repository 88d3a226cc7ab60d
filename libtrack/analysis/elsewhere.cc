#include "libtrack/analysis/elsewhere.h"

#include <string_view>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

/// Takes "type=number" off the front of `text`, and a comma behind it. False: there is no such thing.
bool TakeTotal(std::string_view& text, std::map<std::string, std::int64_t>& totals) {
  const std::string_view part = text.substr(0, text.find(','));
  text.remove_prefix(part.size() < text.size() ? part.size() + 1 : text.size());
  const std::size_t equals = part.find('=');
  if (equals == 0 || equals == std::string_view::npos) return false;
  const support::Result<std::int64_t> number = support::ParseCount(part.substr(equals + 1));
  if (!number) return false;
  totals[std::string(part.substr(0, equals))] = *number;
  return true;
}

/// A name may hold ": " itself, so what is no list of totals belongs to it.
ElsewhereProcess Parse(const std::string& fact) {
  ElsewhereProcess process;
  const std::size_t colon = fact.rfind(": ");
  process.name = fact.substr(0, colon);
  if (colon == std::string::npos) return process;
  std::string_view rest = std::string_view(fact).substr(colon + 2);
  while (!rest.empty()) {
    if (!TakeTotal(rest, process.totals)) return {fact, {}};
  }
  return process;
}

}  // namespace

std::string ElsewhereFact(const std::string& name, const profile::Profile& profile) {
  std::string totals;
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    const std::string& type = profile.sample_types[i].type;
    if (log::IsCumulative(profile::SampleKindOf(type).measure)) continue;
    totals += (totals.empty() ? "" : ",") + type + "=" + std::to_string(profile::Total(profile, i));
  }
  return totals.empty() ? name : name + ": " + totals;
}

std::vector<ElsewhereProcess> Elsewhere(const profile::Profile& profile) {
  std::vector<ElsewhereProcess> processes;
  for (const std::string& fact : profile::FindFacts(profile, "elsewhere")) processes.push_back(Parse(fact));
  return processes;
}

}  // namespace mqtrack::analysis
