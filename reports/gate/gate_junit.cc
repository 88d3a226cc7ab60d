// JUnit XML as Jenkins, GitLab and GitHub actions read it: a failure for a limit exceeded, an error for what could not
// be measured, so that CI shows the two differently.
#include "reports/gate/gate_junit.h"

#include <algorithm>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/xml.h"
#include "reports/gate/gate_words.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::GateCheck;
using analysis::GateResult;

/// Printable leaves nothing that XML 1.0 forbids; the newlines between our own lines are added afterwards.
std::string Xml(std::string_view text) { return support::EscapeXml(analysis::Printable(text)); }

std::string OpenCase(const std::string& name) {
  return "    <testcase classname=\"mqtrack.gate\" name=\"" + Xml(name) + "\" time=\"0\"";
}

std::string CheckCase(const GateCheck& check, const GateReportOptions& options) {
  const std::string open = OpenCase(CheckName(check) + ", " + LimitWords(check));
  if (check.passed) return open + "/>\n";
  std::string message = CheckName(check) + ": " + Measured(check) + ", " + LimitWords(check);
  if (!check.sites.empty()) message += "; " + SiteSentence(check, check.sites.front());
  std::string text = open + ">\n      <failure type=\"limit exceeded\" message=\"" + Xml(message) + "\">";
  for (const analysis::GateSite& site : check.sites) {
    text += Xml(SiteSentence(check, site)) + "\n";
    if (!options.stacks) continue;
    for (const std::string& line : StackWords(site)) text += "    " + Xml(line) + "\n";
  }
  return text + "</failure>\n    </testcase>\n";
}

std::string MeasurementCase(const GateResult& result) {
  const std::string open = OpenCase("measurement");
  if (result.reasons.empty()) return open + "/>\n";
  std::string text = open + ">\n      <error type=\"cannot measure\" message=\"" + Xml(result.reasons.front()) + "\">";
  for (const std::string& reason : result.reasons) text += Xml(reason) + "\n";
  return text + "</error>\n    </testcase>\n";
}

/// How many cases a suite has, and how they went.
struct Counts {
  std::size_t tests = 0, failures = 0, errors = 0;
  void Add(const GateResult& result) {
    tests += result.checks.size() + 1;
    failures += static_cast<std::size_t>(std::count_if(result.checks.begin(), result.checks.end(),
                                                       [](const GateCheck& check) { return !check.passed; }));
    errors += result.reasons.empty() ? 0 : 1;
  }
  [[nodiscard]] std::string Words() const {
    return "tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
           std::to_string(errors) + "\" skipped=\"0\" time=\"0\"";
  }
};

std::string Suite(const GateResult& result, const GateReportOptions& options, const std::string& name) {
  Counts counts;
  counts.Add(result);
  std::string text = "  <testsuite name=\"" + Xml(name) + "\" " + counts.Words() + ">\n" + MeasurementCase(result);
  for (const GateCheck& check : result.checks) text += CheckCase(check, options);
  std::string notes;
  for (const std::string& warning : result.warnings) notes += "warning: " + Xml(warning) + "\n";
  for (const std::string& sentence : ExclusionSentences(result)) notes += Xml(sentence) + "\n";
  if (!notes.empty()) text += "    <system-out>" + notes + "</system-out>\n";
  return text + "  </testsuite>\n";
}

std::string Suites(const Counts& counts, const std::string& suites) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mqtrack\" " + counts.Words() + ">\n" + suites +
         "</testsuites>\n";
}

}  // namespace

std::string GateJunit(const GateResult& result, const GateReportOptions& options) {
  Counts counts;
  counts.Add(result);
  return Suites(counts, Suite(result, options, "mqtrack gate"));
}

std::string SeveralJunit(const std::vector<JudgedProfile>& judged) {
  Counts counts;
  std::string suites;
  for (const JudgedProfile& one : judged) {
    counts.Add(one.result);
    suites += Suite(one.result, one.options, "mqtrack gate: " + ProcessName(one.result.newer));
  }
  return Suites(counts, suites);
}

}  // namespace mqtrack::reports
