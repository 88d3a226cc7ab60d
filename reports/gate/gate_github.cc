// GitHub's workflow commands: one line each, shown next to the source line they name.
#include "reports/gate/gate_github.h"

#include <string>

#include "libtrack/analysis/printable.h"
#include "reports/gate/gate_words.h"
#include "reports/words/github_command.h"

namespace mqtrack::reports {
namespace {

using analysis::GateCheck;
using analysis::GateResult;
using analysis::GateSite;

/// `file` relative to the repository, as GitHub wants it.
std::string RelativePath(std::string file, std::string root) {
  while (root.ends_with('/')) root.pop_back();
  if (!root.empty() && file.starts_with(root + "/")) file.erase(0, root.size() + 1);
  while (file.starts_with("./")) file.erase(0, 2);
  return analysis::Printable(file);
}

std::string Command(const char* level, const GateSite* site, const std::string& title, const std::string& message,
                    const GateReportOptions& options) {
  const bool has_file = site != nullptr && !site->file.empty();
  return GithubCommand(level, has_file ? RelativePath(site->file, options.source_root) : std::string(),
                       has_file ? site->line : 0, title, message);
}

std::string WithStack(std::string message, const GateSite& site, const GateReportOptions& options) {
  if (!options.stacks) return message;
  for (const std::string& line : StackWords(site)) message += "\n    " + line;
  return message;
}

std::string CheckCommands(const GateCheck& check, const GateReportOptions& options) {
  const std::string title = "mqtrack: " + CheckName(check);
  std::string text;
  if (SitesAreViolations(check)) {
    for (const GateSite& site : check.sites) {
      text += Command("error", &site, title, WithStack(SiteSentence(check, site), site, options), options);
    }
    return text;
  }
  std::string message = CheckName(check) + ": " + Measured(check) + ", " + LimitWords(check);
  if (check.sites.empty()) return Command("error", nullptr, title, message, options);
  for (const GateSite& site : check.sites) message += "\n" + SiteSentence(check, site);
  return Command("error", &check.sites.front(), title, message, options);
}

std::string Findings(const GateResult& result, const GateReportOptions& options) {
  std::string text;
  for (const std::string& reason : result.reasons) {
    text += Command("error", nullptr, "mqtrack: cannot measure", analysis::Printable(reason), options);
  }
  for (const GateCheck& check : result.checks) {
    if (!check.passed) text += CheckCommands(check, options);
  }
  return text;
}

std::string Warn(const std::vector<std::string>& warnings, const GateReportOptions& options) {
  std::string text;
  for (const std::string& warning : warnings) {
    text += Command("warning", nullptr, "mqtrack", analysis::Printable(warning), options);
  }
  return text;
}

std::string Conclude(analysis::Verdict verdict, const std::string& sentence, const GateReportOptions& options) {
  const char* level = verdict == analysis::Verdict::kPass ? "notice" : "error";
  return Command(level, nullptr, "mqtrack gate", VerdictWord(verdict) + ": " + sentence, options);
}

}  // namespace

std::string GateGithub(const GateResult& result, const GateReportOptions& options) {
  return Findings(result, options) + Warn(result.warnings, options) +
         Conclude(result.verdict, GateVerdictSentence(result), options);
}

std::string SeveralGithub(const std::vector<JudgedProfile>& judged) {
  std::string text;
  for (const JudgedProfile& one : judged) {
    text += Findings(one.result, one.options);
    if (one.result.verdict != analysis::Verdict::kPass)
      text += Conclude(one.result.verdict, GateVerdictSentence(one.result), one.options);
  }
  const GateReportOptions& options = judged.front().options;
  return text + Warn(DistinctWarnings(judged), options) +
         Conclude(WorstVerdict(judged), SeveralVerdictSentence(judged), options);
}

}  // namespace mqtrack::reports
