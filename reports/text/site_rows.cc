#include "reports/text/site_rows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "libtrack/analysis/printable.h"
#include "libtrack/profile/difference.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/unseen_stacks.h"
#include "libtrack/support/units.h"
#include "reports/words/columns.h"
#include "reports/words/fit_names.h"
#include "reports/words/passed_over_words.h"
#include "reports/words/verdict_words.h"
#include "reports/words/wording.h"
#include "reports/words/work_words.h"

namespace mqtrack::reports {
namespace {

using analysis::Site;
using analysis::SiteTable;
using support::FormatDuration;
using support::FormatPercent;
using support::FormatValue;

std::string DiffVerdict(const SiteTable& table, const SiteRows& rows, bool filtered) {
  const std::string& unit = table.value_type.unit;
  const std::int64_t growth = analysis::Difference(table.total, table.base_total);
  const std::int64_t seconds = ElapsedSeconds(table.base, table.newer);
  std::string words = TypeInWords(table.value_type.type) + (filtered ? " that match" : "");
  if (growth == 0 && rows.grown == 0) return words + " did not change.";
  if (growth == 0) {
    words += " did not change in all";
  } else {
    const std::int64_t objects = analysis::Difference(table.objects_total, table.base_objects_total);
    words += growth > 0 ? " grew by " : " shrank by ";
    words += FormatValue(growth > 0 ? growth : analysis::Difference(0, growth), unit);
    if (table.has_objects)
      words += " (" + support::FormatSignedCount(objects) + (objects == 1 ? " object)" : " objects)");
  }
  if (seconds > 0) words += " in " + FormatDuration(seconds);
  words += HourlyRate(growth, seconds, unit);
  return words + (rows.grown == 0 ? ". Nothing grew." : ".");
}

std::string TopVerdict(const SiteTable& table, const SiteRows& rows, bool filtered) {
  const bool is_bytes = table.value_type.unit == "bytes";
  const bool is_one = !is_bytes && table.total == 1;
  const std::string words = TypeInWords(table.value_type.type, is_one ? 1 : 0) + (!filtered ? ""
                                                                                  : is_one  ? " that matches"
                                                                                            : " that match");
  if (rows.shown.empty()) return "no " + words + ".";
  std::string text = is_bytes ? words + ": " : "";
  text += Amount(table.total, table.value_type.unit, table.has_objects, table.objects_total);
  return text + (is_bytes ? "." : " " + words + ".");
}

/// What a profile of changes holds: "this is a difference (a.pb.gz to b.pb.gz): live bytes: +3 MiB at 2 sites, -1 MiB
/// at 1 site."
std::string ChangesVerdict(const SiteTable& table, const SiteRows& rows, bool filtered) {
  std::int64_t grew = 0, shrank = 0;
  std::int64_t up = 0, down = 0;
  for (const Site& site : table.sites) {
    (site.value < 0 ? shrank : grew) = analysis::Sum(site.value < 0 ? shrank : grew, site.value);
    ++(site.value < 0 ? down : up);
  }
  const std::string between =
      analysis::Printable(profile::FindFact(table.profile, profile::kDifferenceFact).value_or(""));
  std::string text = "a difference" + (between.empty() ? "" : " (" + between + ")") + ", not what is there now. " +
                     TypeInWords(table.value_type.type) + (filtered ? " that match" : "");
  if (rows.shown.empty()) return text + " did not change.";
  const std::string& unit = table.value_type.unit;
  const auto part = [&](std::int64_t value, std::int64_t sites) {
    return " by " + support::FormatValue(profile::Magnitude(value), unit) + " at " + Plural(sites, "site");
  };
  if (up > 0) text += " grew" + part(grew, up);
  if (down > 0) text += (up > 0 ? " and shrank" : " shrank") + part(shrank, down);
  return text + (up > 0 && down > 0 ? ", " + support::FormatSignedValue(table.total, unit) + " in all." : ".");
}

/// All changes, either way.
std::int64_t AllChanges(const SiteTable& table) {
  std::int64_t sum = 0;
  for (const Site& site : table.sites) {
    if (__builtin_add_overflow(sum, profile::Magnitude(site.value), &sum))
      return std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

}  // namespace

std::int64_t WholeOfRows(const SiteTable& table, const SiteRows& rows) {
  if (table.is_diff) return rows.grown_growth;
  return table.holds_changes ? AllChanges(table) : table.total;
}

SiteRows SelectRows(const SiteTable& table, std::size_t limit) {
  SiteRows rows;
  for (const Site& site : table.sites) {
    const std::int64_t growth = table.is_diff ? site.growth() : 1;
    if (growth < 0) {
      rows.shrunk.push_back(&site);
      rows.shrunk_growth = analysis::Sum(rows.shrunk_growth, growth);
    } else if (growth == 0) {
      ++rows.unchanged;
    } else {
      ++rows.grown;
      rows.grown_growth = analysis::Sum(rows.grown_growth, site.growth());
      if (limit == 0 || rows.shown.size() < limit) {
        rows.shown.push_back(&site);
      } else {
        ++rows.hidden;
        rows.hidden_growth = analysis::Sum(rows.hidden_growth, site.growth());
      }
    }
  }
  std::reverse(rows.shrunk.begin(), rows.shrunk.end());
  return rows;
}

std::string RowName(const SiteTable& table, const Site& site) {
  if (table.granularity != analysis::Granularity::kLabel) return ShortName(site.function, kWidestNameInSentence);
  return CutMiddle(analysis::Printable(table.label + "=" + site.label), kWidestNameInSentence);
}

std::string VerdictSentence(const SiteTable& table, const SiteRows& rows, const TableOptions& options) {
  const bool filtered = !options.filter.empty();
  const std::string name = ProcessName(table.newer) + ": ";
  // A misspelt filter must not read like good news.
  if (filtered && table.sites.empty()) {
    return name + "no " + TypeInWords(table.value_type.type) + " match the filter.";
  }
  if (table.is_diff) return name + DiffVerdict(table, rows, filtered);
  return name + (table.holds_changes ? ChangesVerdict(table, rows, filtered) : TopVerdict(table, rows, filtered));
}

std::vector<std::string> RestSentences(const SiteTable& table, const SiteRows& rows) {
  const std::string& unit = table.value_type.unit;
  std::vector<std::string> sentences;
  if (rows.hidden > 0) {
    const std::string sites = Plural(static_cast<std::int64_t>(rows.hidden), "more site");
    sentences.push_back(table.is_diff
                            ? "And " + sites + " grew, by " + FormatValue(rows.hidden_growth, unit) + " in all."
                            : "And " + sites + ", " +
                                  (table.holds_changes ? support::FormatSignedValue(rows.hidden_growth, unit)
                                                       : FormatValue(rows.hidden_growth, unit)) +
                                  " in all.");
  }
  if (!rows.shrunk.empty()) {
    const Site& most = *rows.shrunk.front();
    std::string text = Plural(static_cast<std::int64_t>(rows.shrunk.size()), "site") + " shrank, by " +
                       FormatValue(analysis::Difference(0, rows.shrunk_growth), unit);
    text += rows.shrunk.size() == 1 ? ": " : " in all; most: ";
    sentences.push_back(text + RowName(table, most) + " (" + support::FormatSignedValue(most.growth(), unit) + ").");
  }
  if (rows.unchanged > 0) {
    sentences.push_back(Plural(static_cast<std::int64_t>(rows.unchanged), "site") + " did not change.");
  }
  if (std::string passed_over = PassedOverSentence(table.passed_over); !passed_over.empty()) {
    sentences.push_back(std::move(passed_over));
  }
  return sentences;
}

namespace {

/// " of all change: f (a.c:3), which grew by exactly 4,096 bytes." after the share.
std::string ChangeSentence(const SiteTable& table, const Site& site, bool filtered) {
  std::string text = (filtered ? " of the change that matches: " : " of all change: ") + RowName(table, site);
  if (const std::string where = Where(site.file, site.line, site.module, site.caller); !where.empty())
    text += " (" + where + ")";
  const std::int64_t size = profile::Magnitude(site.value);
  text += site.value < 0 ? ", which shrank by " : ", which grew by ";
  return text + (table.value_type.unit == "bytes" ? Plural(size, "byte") : FormatValue(size, table.value_type.unit)) +
         ".";
}

/// What was not decided is said below the table, with what would decide it.
std::string VerdictSentenceOf(const Site& site) {
  return site.verdict && !IsUndecided(site) ? " Verdict: " + VerdictClause(site) + "." : "";
}

}  // namespace

std::string CulpritSentence(const SiteTable& table, const SiteRows& rows, const TableOptions& options) {
  if (rows.shown.empty()) return {};
  // Nobody is to blame for a heap that did not grow: what grew in it took the place of something larger.
  if (table.is_diff && analysis::Difference(table.total, table.base_total) <= 0) return {};
  const Site& site = *rows.shown.front();
  const std::int64_t value = table.is_diff ? site.growth() : site.value;
  const std::int64_t objects = table.is_diff ? site.object_growth() : site.objects;
  const std::int64_t size = table.holds_changes ? profile::Magnitude(value) : value;
  std::string text = FormatPercent(size, WholeOfRows(table, rows));
  const bool filtered = !options.filter.empty();
  if (table.holds_changes) return text + ChangeSentence(table, site, filtered);
  text += table.is_diff ? (filtered ? " of the growth that matches: " : " of all growth: ")
                        : (filtered ? " of what matches: " : " of it: ");
  text += RowName(table, site);
  if (const std::string where = Where(site.file, site.line, site.module, site.caller); !where.empty())
    text += " (" + where + ")";
  if (table.value_type.unit != "bytes") {
    return text + ", " +
           (table.is_diff ? support::FormatSignedValue(value, table.value_type.unit)
                          : FormatValue(value, table.value_type.unit)) +
           (site.per_packet ? ": " + PerPacketWords(table, site) : "") + "." + VerdictSentenceOf(site);
  }
  if (table.has_objects && objects == 1 && profile::StandsForManyBlocks(site.function)) {
    return text + ", about " + Plural(value, "byte") +
           ", as the allocator counts them, in blocks that were not counted.";
  }
  const bool estimate = table.newer.sample_bytes != 0 || table.base.sample_bytes != 0;
  text += (estimate ? ", about " : ", exactly ") + Plural(value, "byte");
  if (table.has_objects && objects > 0) {
    const bool even = value % objects == 0;
    text += " in " + Plural(objects, "object");
    // Where one object is left for each packet, what follows says how large it is.
    if (!site.per_packet || site.per_packet->objects != 1)
      text += ", " + std::string(even ? "" : "about ") + Plural(value / objects, "byte") + " each";
  }
  if (const std::string work = PerPacketWords(table, site); !work.empty()) text += ": " + work;
  return text + "." + VerdictSentenceOf(site);
}

}  // namespace mqtrack::reports
