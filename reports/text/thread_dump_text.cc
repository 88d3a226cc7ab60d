#include "reports/text/thread_dump_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"
#include "reports/words/columns.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::ThreadGroup;
using analysis::ThreadGroups;
using analysis::ThreadsAlike;
using Kind = Columns::Kind;

constexpr std::size_t kMostNames = 6, kMostDoings = 6;  // of one group; JSON has them all
constexpr std::int64_t kNanosPerSecond = 1'000'000'000, kNanosPerMilli = 1'000'000;

/// "85 ms", "1.2 s", "3 min 5 s".
std::string Span(std::int64_t nanos) {
  if (nanos >= 60 * kNanosPerSecond) return support::FormatDuration(nanos / kNanosPerSecond);
  char text[32];
  if (nanos >= kNanosPerSecond) {
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(nanos) / static_cast<double>(kNanosPerSecond));
  } else {
    std::snprintf(text, sizeof text, "%lld ms", static_cast<long long>(nanos / kNanosPerMilli));
  }
  return text;
}

/// What some threads of a group are doing, and for how long.
struct Doing {
  std::int64_t count = 0, least = -1, most = -1;
};

std::string HowLong(const Doing& doing) {
  if (doing.most < 0) return {};
  const std::string least = Span(doing.least), most = Span(doing.most);
  return least == most ? ", for " + most : ", for " + least + " to " + most;
}

/// ", started 3 h 5 min ago"; nothing if that is not known of all of them.
std::string HowOld(const ThreadGroup& group) {
  std::int64_t least = -1, most = -1;
  for (const ThreadsAlike& threads : group.threads) {
    if (!threads.age_nanos) return {};
    least = least < 0 ? *threads.age_nanos : std::min(least, *threads.age_nanos);
    most = std::max(most, *threads.age_nanos);
  }
  if (most < 0) return {};
  const std::string youngest = support::FormatDuration(least / kNanosPerSecond);
  const std::string oldest = support::FormatDuration(most / kNanosPerSecond);
  return ", started " + (youngest == oldest ? oldest : youngest + " to " + oldest) + " ago";
}

/// "thread 4712 "worker"", or "3 threads: "worker" (2), "io"".
std::string Who(const ThreadGroup& group, const std::string& one) {
  if (group.threads.size() == 1 && group.threads[0].tid != 0) {
    return one + " " + std::to_string(group.threads[0].tid) + " \"" + analysis::Printable(group.threads[0].name) + "\"";
  }
  std::map<std::string, std::int64_t> counts;
  for (const ThreadsAlike& threads : group.threads) counts[threads.name] += threads.count;
  std::vector<std::pair<std::string, std::int64_t>> names(counts.begin(), counts.end());
  std::stable_sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text = Plural(group.count, one);
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    if (names[i].first.empty()) continue;
    text += (i == 0 ? ": \"" : ", \"") + analysis::Printable(names[i].first) + "\"";
    if (names[i].second > 1 && names.size() > 1) text += " (" + support::FormatCount(names[i].second) + ")";
  }
  if (names.size() > kMostNames)
    text += " and " + Plural(static_cast<std::int64_t>(names.size() - kMostNames), "other name");
  return text;
}

std::string DoingLines(const ThreadGroup& group, bool colour) {
  std::map<std::string, Doing> doings;
  for (const ThreadsAlike& threads : group.threads) {
    std::string what = threads.state;
    if (!threads.waits_for.empty()) what += (what.empty() ? "" : ": ") + threads.waits_for;
    if (what.empty()) continue;
    Doing& doing = doings[what];
    doing.count += threads.count;
    if (!threads.waited_nanos) continue;
    doing.least = doing.least < 0 ? *threads.waited_nanos : std::min(doing.least, *threads.waited_nanos);
    doing.most = std::max(doing.most, *threads.waited_nanos);
  }
  std::vector<std::pair<std::string, Doing>> sorted(doings.begin(), doings.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  std::string lines;
  for (std::size_t i = 0; i < std::min(sorted.size(), kMostDoings); ++i) {
    const auto& [what, doing] = sorted[i];
    const std::string count = sorted.size() > 1 ? support::FormatCount(doing.count) + " " : "";
    lines += "  " + Styled(count + analysis::Printable(what) + HowLong(doing), Style::kDim, colour) + "\n";
  }
  if (sorted.size() > kMostDoings) {
    lines += "  and " + Plural(static_cast<std::int64_t>(sorted.size() - kMostDoings), "other wait") + "\n";
  }
  return lines;
}

std::string StackLines(const ThreadGroups& groups, const ThreadGroup& group, const ThreadDumpOptions& options) {
  Columns lines({Kind::kName, Kind::kPath, Kind::kText});
  for (const analysis::Frame& frame : group.stack) {
    lines.AddRow({{analysis::FrameName(groups.profile, frame), frame.wrapper ? Style::kDim : Style::kPlain},
                  {Where(analysis::FrameFile(frame), frame.line, analysis::ModuleName(groups.profile, frame.location)),
                   Style::kDim},
                  {frame.inlined ? "(inlined)" : "", Style::kDim}});
  }
  return lines.Render(4, options.width_columns, options.colour);
}

std::string Heading(const ThreadGroups& groups, const ThreadDumpOptions& options) {
  const std::string who = groups.side.target.empty() ? options.name : ProcessName(groups.side);
  const std::string one = TypeInWords(groups.sample_type, 1);
  std::string text = analysis::Printable(who) + ": " + Plural(groups.total, one);
  if (groups.groups.size() > 1) {
    text += " in " + Plural(static_cast<std::int64_t>(groups.groups.size()), "different stack");
  }
  if (groups.creation_stacks) text += ", each the stack that created them";
  if (groups.stood_still_nanos >= 0) {
    char stood[64];
    std::snprintf(stood, sizeof stood, "; it stood still for %.1f ms",
                  static_cast<double>(groups.stood_still_nanos) / static_cast<double>(kNanosPerMilli));
    text += stood;
  }
  return text;
}

}  // namespace

std::string RenderThreadsText(const ThreadGroups& groups, const ThreadDumpOptions& options) {
  std::string text = Styled(Heading(groups, options), Style::kBold, options.colour) + "\n";
  const std::string one = TypeInWords(groups.sample_type, 1);
  for (const ThreadGroup& group : groups.groups) {
    text += "\n" + Styled(Who(group, one), Style::kBold, options.colour) + HowOld(group) + "\n";
    text += DoingLines(group, options.colour);
    text += StackLines(groups, group, options);
  }
  return text;
}

}  // namespace mqtrack::reports
