#include "reports/diagnosis/verdict_cards.h"

#include <algorithm>
#include <vector>

#include "libtrack/support/units.h"
#include "reports/diagnosis/diagnosis_text.h"
#include "reports/diagnosis/html_text.h"
#include "reports/diagnosis/line_chart.h"
#include "reports/words/fit_names.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using verdicts::Diagnosis;
using verdicts::SiteVerdict;
using verdicts::Verdict;

constexpr std::size_t kMostOwners = 8;

std::string ClassOf(Verdict verdict) { return "v-" + std::string(verdicts::VerdictName(verdict)); }

std::string Badge(Verdict verdict) {
  return Element("span", "badge " + ClassOf(verdict), Html(verdicts::VerdictName(verdict)));
}

std::string PlaceOf(const analysis::Site& site) {
  const std::string where = Where(site.file, site.line, site.module, site.caller);
  return where.empty() ? "" : Element("p", "place", HtmlName(where));
}

/// A command can be copied; advice is a sentence.
std::string NextStep(const std::string& next) {
  if (next.empty()) return {};
  constexpr std::string_view kCommand = "mqtrack ";
  const std::string label = Element("span", "label", "Next");
  if (next.starts_with(kCommand))
    return "<div class=\"next\">" + label + Element("code", "command", Html(next)) + "</div>";
  return Element("p", "next", label + " " + Html(next) + ".");
}

std::string OwnersOf(const verdicts::SiteHistory& history) {
  if (history.owners.empty()) return {};
  std::vector<std::pair<verdicts::OwnerName, verdicts::Held>> owners(history.owners.begin(), history.owners.end());
  std::stable_sort(owners.begin(), owners.end(),
                   [](const auto& a, const auto& b) { return a.second.value > b.second.value; });
  std::string rows;
  for (std::size_t i = 0; i < owners.size() && i < kMostOwners; ++i) {
    const auto& [owner, held] = owners[i];
    rows += Element("li", "",
                    HtmlName(OwnerInWords(owner)) + ": " +
                        Html(Amount(held.value, history.type.unit, history.has_objects, held.objects)));
  }
  if (owners.size() > kMostOwners)
    rows += Element("li", "dim",
                    Html("and " + Plural(static_cast<std::int64_t>(owners.size() - kMostOwners), "more owner")));
  return "<details><summary>Who holds what was made meanwhile</summary>" + Element("ul", "", rows) + "</details>";
}

/// The two small pictures, each with what it shows.
std::string Pictures(const SiteVerdict& one, bool tells_cohorts) {
  const verdicts::SiteHistory& history = one.history;
  std::vector<std::int64_t> values;
  for (const verdicts::Held& held : history.held) values.push_back(held.value);
  const auto picture = [](const std::string& svg, const std::string& caption) {
    return svg.empty() ? "" : Element("figure", "small", svg + Element("figcaption", "", Html(caption)));
  };
  const std::string unit = history.has_objects ? "count" : history.type.unit;
  const std::string what = history.has_objects ? "objects" : TypeInWords(history.type.type);
  const std::string pictures =
      picture(DrawSparkline(values, history.type.unit),
              TypeInWords(history.type.type) + ": " + FromTo({values.begin(), values.end()}, history.type.unit)) +
      picture(DrawBars(history.Left(), unit),
              tells_cohorts ? what + " of each stretch that are left" : what + " more after each stretch");
  return Element("div", "pictures", pictures);
}

std::string Card(const SiteVerdict& one, const Diagnosis& diagnosis, const DiagnosisOptions& options) {
  std::string evidence;
  for (const std::string& sentence : one.judgement.evidence) evidence += Element("li", "", HtmlName(sentence) + ".");
  return "<article class=\"card " + ClassOf(one.judgement.verdict) + "\"><header>" + Badge(one.judgement.verdict) +
         Element("h3", "", HtmlName(ShortName(one.history.site.function))) +
         Element("p", "amount", Html(AmountOf(one))) + "</header>" + PlaceOf(one.history.site) +
         "<div class=\"body\"><div>" + (evidence.empty() ? "" : Element("ul", "evidence", evidence)) +
         NextStep(NextStepOf(one, options)) + OwnersOf(one.history) + "</div>" +
         Pictures(one, diagnosis.tells_cohorts) + "</div></article>\n";
}

}  // namespace

std::string DrawVerdictCards(const Diagnosis& diagnosis, const DiagnosisOptions& options) {
  std::string cards;
  std::size_t shown = 0, left_out = 0;
  for (const SiteVerdict& one : diagnosis.sites) {
    if (NeedsNobody(one.judgement.verdict)) continue;
    if (options.rows != 0 && shown == options.rows) {
      ++left_out;
      continue;
    }
    ++shown;
    cards += Card(one, diagnosis, options);
  }
  if (cards.empty()) return Element("p", "nothing", "Nothing grew that anybody has to look at.");
  if (left_out != 0) {
    cards += Element("p", "dim",
                     Html("And " + Plural(static_cast<std::int64_t>(left_out), "more site") +
                          ", which grew less (-n 0 shows all)."));
  }
  return cards;
}

std::string DrawNeedsNobody(const Diagnosis& diagnosis) {
  std::string rows;
  std::int64_t count = 0;
  for (const SiteVerdict& one : diagnosis.sites) {
    if (!NeedsNobody(one.judgement.verdict)) continue;
    ++count;
    std::string evidence;
    for (const std::string& sentence : one.judgement.evidence) evidence += (evidence.empty() ? "" : "; ") + sentence;
    rows += Element("tr", "",
                    Element("td", "", Badge(one.judgement.verdict)) +
                        Element("td", "name", HtmlName(ShortName(one.history.site.function))) +
                        Element("td", "number", Html(AmountOf(one))) + Element("td", "", HtmlName(evidence))) +
            "\n";
  }
  if (count == 0) return {};
  return "<details class=\"folded\"><summary>Nothing to mend: " + Html(Plural(count, "site")) +
         " that fill a cache, warm up, or go up and down</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
         "aria-label=\"Sites that need nobody\"><table><thead><tr>"
         "<th>Verdict</th><th>Function</th><th class=\"number\">Growth</th><th>Why</th></tr></thead><tbody>" +
         rows + "</tbody></table></div></details>\n";
}

std::string DrawVerdictCounts(const Diagnosis& diagnosis) {
  std::string counts;
  for (std::size_t i = 0; i < verdicts::kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    const std::size_t count = diagnosis.Count(verdict);
    if (count == 0) continue;
    counts += Element("li", "badge " + ClassOf(verdict),
                      Html(support::FormatCount(static_cast<std::int64_t>(count)) + " " +
                           std::string(verdicts::VerdictName(verdict))));
  }
  return counts.empty() ? "" : Element("ul", "counts", counts);
}

}  // namespace mqtrack::reports
