#include "libtrack/analysis/workload/sys_figures.h"

#include <algorithm>

#include "libtrack/profile/fact.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

/// The whole number that `text` begins with, as "123 seconds"; -1 of none.
std::int64_t NumberOf(std::string_view text) {
  const support::Result<std::int64_t> number = support::ParseCount(text.substr(0, text.find(' ')));
  return number && *number >= 0 ? *number : -1;
}

}  // namespace

std::int64_t SysFigures::Queued() const {
  return stored < 0 || retained < 0 ? -1 : std::max<std::int64_t>(0, stored - retained);
}

std::vector<std::string> SysTopics() {
  std::vector<std::string> topics;
  for (const SysFigure& figure : kSysFigures) topics.emplace_back(figure.topic);
  return topics;
}

SysFigures ParseSysFigures(const std::map<std::string, std::string>& texts) {
  SysFigures figures;
  for (const SysFigure& figure : kSysFigures) {
    const auto text = texts.find(std::string(figure.topic));
    if (text == texts.end()) continue;
    figures.*figure.value = NumberOf(text->second);
    figures.is_known = figures.is_known || figures.*figure.value >= 0;
  }
  return figures;
}

void AddSysFigures(const SysFigures& figures, profile::Profile& profile) {
  if (!figures.is_known) return;
  std::string text;
  for (const SysFigure& figure : kSysFigures) {
    if (figures.*figure.value < 0) continue;
    text += (text.empty() ? "" : " ") + std::string(figure.name) + "=" + std::to_string(figures.*figure.value);
  }
  profile::AddFact(profile, profile::kMqttSysFact, text);
}

SysFigures ReadSysFigures(const profile::Profile& profile) {
  const std::vector<std::string> facts = profile::FindFacts(profile, profile::kMqttSysFact);
  if (facts.size() != 1) return {};
  SysFigures figures;
  for (std::string_view rest = facts.front(); !rest.empty();) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, blank);
    rest.remove_prefix(std::min(blank + 1, rest.size()));
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return {};
    const std::int64_t value = NumberOf(word.substr(equals + 1));
    if (value < 0) return {};
    // Names of later versions are passed over.
    for (const SysFigure& figure : kSysFigures) {
      if (figure.name == word.substr(0, equals)) figures.*figure.value = value, figures.is_known = true;
    }
  }
  return figures;
}

}  // namespace mqtrack::analysis
