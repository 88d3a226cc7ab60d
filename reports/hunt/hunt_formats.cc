#include "reports/hunt/hunt_formats.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/xml.h"
#include "reports/hunt/hunt_words.h"
#include "reports/words/github_command.h"

namespace mqtrack::reports {
namespace {

using hunt::OperationResult;
using hunt::Outcome;
using nlohmann::ordered_json;

constexpr char kSchema[] = "mqtrack-hunt/1";

ordered_json SiteJson(const hunt::LeakSite& site) {
  ordered_json json;
  json["type"] = TypeOf(site.kind);
  json["function"] = analysis::Printable(site.name.function);
  json["file"] = analysis::Printable(site.name.file);
  json["line"] = site.name.line;
  json["module"] = analysis::Printable(site.name.module);
  json["course"] = site.judgement.course == hunt::Course::kLeak ? "leak" : "not settled";
  json["exact"] = site.judgement.is_exact;
  json["rounds"] = site.judgement.rounds;
  json["bytes"] = site.judgement.total.bytes;
  json["objects"] = site.judgement.total.objects;
  if (site.judgement.rounds > 0) {
    json["bytes_per_round"] =
        static_cast<double>(site.judgement.total.bytes) / static_cast<double>(site.judgement.rounds);
    json["objects_per_round"] =
        static_cast<double>(site.judgement.total.objects) / static_cast<double>(site.judgement.rounds);
  }
  if (!site.name.cache.empty()) json["cache"] = site.name.cache;
  json["stack"] = ordered_json::array();
  for (const std::string& frame : site.name.chain) json["stack"].push_back(analysis::Printable(frame));
  return json;
}

std::string Xml(const std::string& text) { return support::EscapeXml(analysis::Printable(text)); }

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds);
  return text;
}

std::string CaseOf(const OperationResult& one) {
  std::string text = "    <testcase classname=\"mqtrack.hunt\" name=\"" + Xml(one.operation->name) + "\" time=\"" +
                     Seconds(one.seconds) + "\"";
  std::string sites;
  for (const hunt::LeakSite& site : one.sites) sites += Xml(FindingWords(one, site)) + "\n";
  const std::string first = one.sites.empty() ? Xml(one.why) : Xml(FindingWords(one, one.sites.front()));
  switch (one.outcome) {
    case Outcome::kClean:
      return text + "/>\n";
    case Outcome::kCache:
      return text + ">\n      <system-out>" + sites + "</system-out>\n    </testcase>\n";
    case Outcome::kNotTried:
    case Outcome::kNotSettled:
      return text + ">\n      <skipped message=\"" + hunt::OutcomeName(one.outcome) + ": " + first +
             "\"/>\n    </testcase>\n";
    case Outcome::kLeak:
      return text + ">\n      <failure type=\"leak\" message=\"" + first + "\">" + sites +
             "</failure>\n    </testcase>\n";
    case Outcome::kCrash:
      return text + ">\n      <error type=\"crash\" message=\"" + first + "\"/>\n    </testcase>\n";
  }
  return text;
}

}  // namespace

std::string RenderHuntJson(const hunt::HuntResult& result) {
  ordered_json json;
  json["schema"] = kSchema;
  json["program"] = analysis::Printable(result.program);
  json["seconds"] = result.seconds;
  json["complete"] = result.cut_short.empty();
  if (!result.cut_short.empty()) json["cut_short"] = analysis::Printable(result.cut_short);
  ordered_json& counts = json["counts"];
  for (const Outcome outcome :
       {Outcome::kLeak, Outcome::kCrash, Outcome::kNotSettled, Outcome::kCache, Outcome::kNotTried, Outcome::kClean})
    counts[hunt::OutcomeName(outcome)] = result.Count(outcome);
  json["operations"] = ordered_json::array();
  for (const OperationResult& one : result.operations) {
    ordered_json row;
    row["name"] = one.operation->name;
    row["outcome"] = hunt::OutcomeName(one.outcome);
    row["rounds"] = one.rounds;
    row["seconds"] = one.seconds;
    if (!one.why.empty()) row["why"] = analysis::Printable(one.why);
    if (!one.sites.empty()) row["sites"] = ordered_json::array();
    for (const hunt::LeakSite& site : one.sites) row["sites"].push_back(SiteJson(site));
    json["operations"].push_back(std::move(row));
  }
  json["notes"] = ordered_json::array();
  for (const std::string& note : result.notes) json["notes"].push_back(analysis::Printable(note));
  return json.dump(2) + "\n";
}

std::string RenderHuntJunit(const hunt::HuntResult& result) {
  const auto count = [&](Outcome outcome) { return std::to_string(result.Count(outcome)); };
  const std::int64_t cut = result.cut_short.empty() ? 0 : 1;
  const std::string counts = "tests=\"" + std::to_string(static_cast<std::int64_t>(result.operations.size()) + cut) +
                             "\" failures=\"" + count(Outcome::kLeak) + "\" errors=\"" +
                             std::to_string(result.Count(Outcome::kCrash) + cut) + "\" skipped=\"" +
                             std::to_string(result.Count(Outcome::kNotTried) + result.Count(Outcome::kNotSettled)) +
                             "\" time=\"" + Seconds(result.seconds) + "\"";
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mqtrack\" " + counts +
                     ">\n  <testsuite name=\"hunt of " + Xml(result.program) + "\" " + counts + ">\n";
  for (const OperationResult& one : result.operations) text += CaseOf(one);
  if (cut != 0)
    text +=
        "    <testcase classname=\"mqtrack.hunt\" name=\"the hunt to its end\" time=\"0\">\n      <error type=\"cut "
        "short\" message=\"" +
        Xml(CutShort(result)) + "\"/>\n    </testcase>\n";
  return text + "  </testsuite>\n</testsuites>\n";
}

std::string RenderHuntGithub(const hunt::HuntResult& result) {
  std::string text;
  for (const OperationResult& one : result.operations) {
    if (one.outcome == Outcome::kCrash)
      text += GithubCommand("error", "", 0, "crash in " + one.operation->name, analysis::Printable(one.why));
    if (one.outcome != Outcome::kLeak && one.outcome != Outcome::kNotSettled) continue;
    for (const hunt::LeakSite& site : one.sites) {
      const char* level = one.outcome == Outcome::kLeak ? "error" : "warning";
      text += GithubCommand(level, site.name.file, site.name.line, "leak in " + one.operation->name,
                            FindingWords(one, site));
    }
  }
  if (!result.cut_short.empty()) text += GithubCommand("error", "", 0, "hunt", CutShort(result));
  return text + GithubCommand("notice", "", 0, "hunt", Totals(result));
}

}  // namespace mqtrack::reports
