#include "reports/diagnosis/diagnosis_text.h"

#include <algorithm>
#include <utility>

#include "libtrack/analysis/printable.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"
#include "reports/text/memory_line.h"
#include "reports/text/owners_text.h"
#include "reports/words/columns.h"
#include "reports/words/fit_names.h"
#include "reports/words/state_words.h"
#include "reports/words/sys_words.h"
#include "reports/words/wording.h"
#include "reports/words/work_words.h"
#include "reports/words/wrapped.h"

namespace mqtrack::reports {
namespace {

using verdicts::Diagnosis;
using verdicts::SiteVerdict;
using verdicts::Verdict;

constexpr std::size_t kIndent = 2;

/// In the order of Verdict: of how many, in one word.
constexpr std::pair<const char*, const char*> kCounted[verdicts::kVerdicts] = {
    {"lost site", "lost sites"},
    {"leak", "leaks"},
    {"inconclusive site", "inconclusive sites"},
    {"backlog", "backlogs"},
    {"bounded site", "bounded sites"},
    {"warm-up", "warm-ups"},
    {"site that goes up and down", "sites that go up and down"}};

std::string Counted(Verdict verdict, std::size_t count) {
  const auto& [one, many] = kCounted[static_cast<std::size_t>(verdict)];
  return support::FormatCount(static_cast<std::int64_t>(count)) + " " + (count == 1 ? one : many);
}

Style StyleOf(Verdict verdict) {
  if (verdicts::IsLeak(verdict)) return Style::kBad;
  return verdict == Verdict::kInconclusive ? Style::kBold : Style::kGood;
}

std::string Upper(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

/// "live bytes 250.2 KiB (+1 KiB), threads 4": what there is, and what became more or less.
std::string ResourceWords(const Diagnosis& diagnosis) {
  std::vector<std::string> words;
  for (const verdicts::ResourceHistory& resource : diagnosis.resources) {
    if (resource.totals.back() == 0 && resource.totals.front() == 0) continue;
    const std::int64_t change = analysis::Difference(resource.totals.back(), resource.totals.front());
    words.push_back(TypeInWords(resource.type.type, resource.totals.back()) + " " +
                    support::FormatValue(resource.totals.back(), resource.type.unit) +
                    (change == 0 ? "" : " (" + support::FormatSignedValue(change, resource.type.unit) + ")"));
  }
  std::reverse(words.begin(), words.end());  // memory first
  return support::Join(words);
}

class Text {
 public:
  Text(const Diagnosis& diagnosis, const DiagnosisOptions& options) : diagnosis_(diagnosis), options_(options) {}

  std::string Render() {
    text_ = Styled(DiagnosisTitle(diagnosis_), Style::kBold, options_.colour) + "\n\n";
    const analysis::Side &first = diagnosis_.sides.front(), &last = diagnosis_.sides.back();
    Line("of      ", analysis::Printable(options_.name));
    Line("things  ", ResourceWords(diagnosis_));
    Line("memory  ", MemorySentence(first.memory, last.memory));
    Line("work    ", WorkWords(diagnosis_.work));
    Line("state   ", StateWords(diagnosis_.states.back(), diagnosis_.states.front()));
    Line("$SYS    ", SysSentence(diagnosis_));
    Line("looked  ", LooksWords(options_));
    Line("allocator", AllocatorSentence(diagnosis_));
    if (diagnosis_.forecast) Line("forecast", ForecastSentence(*diagnosis_.forecast));
    for (const std::string& note : options_.notes) Line("note    ", note);
    Sites();
    Rest();
    return text_;
  }

 private:
  void Line(std::string_view what, const std::string& text) {
    if (text.empty()) return;
    const std::string lines = Wrapped(text, kIndent + what.size() + 2, options_.width_columns);
    text_ +=
        std::string(kIndent, ' ') + Styled(what, Style::kDim, options_.colour) + lines.substr(kIndent + what.size());
  }

  void Sites() {
    std::size_t shown = 0, left_out = 0;
    for (const SiteVerdict& one : diagnosis_.sites) {
      if (NeedsNobody(one.judgement.verdict) && !options_.all) continue;
      if (options_.rows != 0 && shown == options_.rows) {
        ++left_out;
        continue;
      }
      ++shown;
      Site(one);
    }
    if (left_out != 0)
      text_ += "\nand " + Plural(static_cast<std::int64_t>(left_out), "more site") + " (-n 0 shows all)\n";
  }

  void Site(const SiteVerdict& one) {
    const analysis::Site& site = one.history.site;
    const std::string where = Where(site.file, site.line, site.module, site.caller);
    text_ +=
        "\n" +
        Styled(Upper(verdicts::VerdictName(one.judgement.verdict)), StyleOf(one.judgement.verdict), options_.colour) +
        "  " + Styled(ShortName(site.function), Style::kBold, options_.colour) +
        (where.empty() ? "" : "  " + Styled(where, Style::kDim, options_.colour)) + "\n";
    text_ += Wrapped(AmountOf(one), kIndent + 2, options_.width_columns);
    for (const std::string& evidence : one.judgement.evidence)
      text_ += Wrapped(evidence, kIndent + 2, options_.width_columns);
    const std::string next = NextStepOf(one, options_);
    if (!next.empty() && next != last_step_) text_ += Wrapped("next: " + next, kIndent + 2, options_.width_columns);
    last_step_ = next;
  }

  /// One line on what needs nobody.
  void Rest() {
    if (options_.all) return;
    std::vector<std::string> words;
    for (const Verdict verdict : {Verdict::kCache, Verdict::kWarmUp, Verdict::kChurn}) {
      if (const std::size_t count = diagnosis_.Count(verdict); count != 0) words.push_back(Counted(verdict, count));
    }
    if (!words.empty()) text_ += "\nNothing to mend: " + support::Join(words) + " (--all shows them).\n";
  }

  const Diagnosis& diagnosis_;
  const DiagnosisOptions& options_;
  std::string text_, last_step_;  // what several rows in a row have in common is said once
};

}  // namespace

std::string DiagnosisHeadline(const Diagnosis& diagnosis) {
  std::vector<std::string> words;
  if (!diagnosis.HasLeak()) words.emplace_back("no leak");
  for (const Verdict verdict : {Verdict::kLost, Verdict::kLeak, Verdict::kBacklog, Verdict::kInconclusive}) {
    if (const std::size_t count = diagnosis.Count(verdict); count != 0) words.push_back(Counted(verdict, count));
  }
  return support::Join(words);
}

std::string LooksWords(const DiagnosisOptions& options) {
  if (options.looks.empty()) return options.why_not_looked;
  std::string text = "at its heap " + std::string(options.looks.size() == 1 ? "once" : "");
  if (options.looks.size() > 1)
    text += support::FormatCount(static_cast<std::int64_t>(options.looks.size())) + " times";
  std::int64_t longest = 0;
  for (const LookFacts& look : options.looks) longest = std::max(longest, look.stood_still_nanos);
  char still[64];
  std::snprintf(still, sizeof still, "; it stood still for %.2f ms at most", static_cast<double>(longest) / 1e6);
  return text + still;
}

std::string SysSentence(const Diagnosis& diagnosis) {
  const analysis::Side &first = diagnosis.sides.front(), &last = diagnosis.sides.back();
  // Of stretches of generations there is one moment only, and nothing to compare.
  if (diagnosis.is_of_survivors) return SysWords(last.sys, {});
  const std::string words = SysWords(last.sys, first.sys), explains = words.empty() ? "" : SysExplains(first, last);
  return explains.empty() ? words : words + "; " + explains;
}

bool NeedsNobody(Verdict verdict) { return verdict > Verdict::kBacklog; }

std::string DiagnosisTitle(const Diagnosis& diagnosis) {
  const analysis::Side &first = diagnosis.sides.front(), &last = diagnosis.sides.back();
  const std::int64_t seconds = ElapsedSeconds(first, last);
  if (diagnosis.is_of_survivors) {
    return analysis::Printable(ProcessName(last)) + ": " + DiagnosisHeadline(diagnosis) +
           ", by what is left of its generations 1 to " + support::FormatCount(last.generation) + ".";
  }
  return analysis::Printable(ProcessName(last)) + ": " + DiagnosisHeadline(diagnosis) + ", in " +
         support::FormatCount(static_cast<std::int64_t>(diagnosis.sides.size())) + " snapshots" +
         (seconds > 0 ? " over " + support::FormatDuration(seconds) : "") + ".";
}

std::string AllocatorSentence(const Diagnosis& diagnosis) {
  if (diagnosis.kept_by_allocator < 0) return {};
  return support::FormatBytes(diagnosis.kept_by_allocator) +
         " of its memory are in no live block: the allocator keeps them, or they are stacks and mappings; no leak";
}

std::string OwnerInWords(const verdicts::OwnerName& owner) {
  // Only a client's name is its bare id, to be compared with labels.
  return owner.first == "client" ? OwnerTitle(owner.first, owner.second) : owner.second;
}

std::string AmountOf(const SiteVerdict& one) {
  const verdicts::Held amount = one.Amount();
  const std::string unit = one.history.type.unit;
  if (unit == "bytes") return Amount(amount.value, unit, one.history.has_objects, amount.objects);
  return support::FormatSignedCount(amount.value) + " " + TypeInWords(one.history.type.type, amount.value);
}

std::string NextStepOf(const SiteVerdict& one, const DiagnosisOptions& options) {
  if (!one.judgement.next.empty()) return one.judgement.next;
  const bool is_heap = one.history.type.type == profile::kInuseSpace;
  if (!options.may_look_again || !is_heap || !verdicts::IsLeak(one.judgement.verdict)) return {};
  if (one.judgement.verdict == Verdict::kLost) return "mqtrack leaks " + ShellWord(options.name) + " --stacks";
  return "mqtrack why " + ShellWord(options.name) + " --site " + ShellWord(one.history.site.function);
}

std::string RenderDiagnosisText(const Diagnosis& diagnosis, const DiagnosisOptions& options) {
  return Text(diagnosis, options).Render();
}

}  // namespace mqtrack::reports
