#include "cli/watch/watch_panes.h"

#include <algorithm>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/units.h"
#include "reports/words/fit_names.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {
namespace {

using reports::Style;

constexpr std::size_t kCourse = 6;  // columns

/// "12:30:05 UTC".
std::string Clock(std::int64_t time_ns) {
  const std::string text = support::FormatUtc(time_ns);
  const std::size_t blank = text.find(' ');
  return blank == std::string::npos ? text : text.substr(blank + 1);
}

Style GrowthStyle(std::int64_t growth) {
  return growth > 0 ? Style::kGrew : growth < 0 ? Style::kShrank : Style::kPlain;
}

Style VerdictStyle(const WatchedProcess& process) {
  if (!process.verdicts) return Style::kDim;
  const auto& counts = process.verdicts->counts;
  const bool leaks = counts[static_cast<std::size_t>(verdicts::Verdict::kLost)] +
                         counts[static_cast<std::size_t>(verdicts::Verdict::kLeak)] !=
                     0;
  return leaks ? Style::kBad : Style::kGood;
}

std::string Rate(const WatchedResource& resource) {
  const std::optional<std::int64_t> rate = resource.PerHour();
  return rate ? support::FormatSignedValue(*rate, resource.type.unit) + "/h" : "-";
}

/// "5 clients connected, 2 sessions offline, 10 retained; 1,234 packets received"; nothing where nobody counted.
std::string WorkWords(const analysis::Side& side) {
  std::string text;
  if (side.broker.is_known) {
    text = "broker: " + support::FormatCount(side.broker.connected) + " connected, " +
           support::FormatCount(side.broker.offline_sessions) + " offline, " +
           support::FormatCount(side.broker.subscriptions) + " subscriptions, " +
           support::FormatCount(side.broker.retained) + " retained";
  }
  if (!side.work.is_known || side.work.IsNone()) return text;
  std::int64_t received = 0, sent = 0;
  for (const std::int64_t packets : side.work.received) received = analysis::Sum(received, packets);
  for (const std::int64_t packets : side.work.sent) sent = analysis::Sum(sent, packets);
  return text + (text.empty() ? "MQTT: " : "; ") + support::FormatCount(received) + " packets in, " +
         support::FormatCount(sent) + " out";
}

/// First row to show, so that the selected one is on the screen.
std::size_t FirstShown(std::size_t selected, std::size_t rows) {
  return rows == 0 || selected < rows ? 0 : selected - rows + 1;
}

void AddTop(const WatchState& state, std::vector<ScreenLine>& lines, const std::string& what) {
  ScreenLine top;
  top.Add(what, Style::kBold);
  if (state.shown != nullptr) {
    top.Add("  " + Clock(state.shown->time_ns) + "  every " + support::FormatDuration(state.shown->every_s),
            Style::kDim);
  }
  if (state.paused) top.Add("  PAUSED", Style::kBad);
  lines.push_back(std::move(top));
  if (state.shown != nullptr && !state.shown->problem.empty()) lines.emplace_back(state.shown->problem, Style::kBad);
}

std::string BottomLine(const WatchState& state) {
  if (!state.message.empty()) return state.message;
  if (state.pane == WatchState::Pane::kProcesses) return "q leave  ? help  enter open  m mark  p pause";
  if (state.pane == WatchState::Pane::kText) return "q back  up/down scroll";
  return std::string("q ") + (state.single ? "leave" : "back") +
         "  ? help  s sort  g group  t type  m mark  c since  enter stack  w why  o owners  W snapshot";
}

std::vector<ScreenLine> ProcessesLines(WatchState& state, ScreenSize size) {
  std::vector<ScreenLine> lines;
  if (state.shown == nullptr) return {ScreenLine("looking at the logs ...", Style::kDim)};
  const std::size_t count = state.shown->processes.size();
  AddTop(state, lines,
         count == 1 ? "1 process" : support::FormatCount(static_cast<std::int64_t>(count)) + " processes");
  if (count == 0) {
    lines.emplace_back("no recorded process yet; start one with: mqtrack run -- COMMAND");
    return lines;
  }
  const std::size_t name_columns = 12 + (size.columns > 80 ? std::min<std::size_t>((size.columns - 80) / 3, 24) : 0);
  ScreenLine header;
  header.AddRight("PID", 7, Style::kBold).AddLeft("NAME", name_columns, Style::kBold);
  header.AddLeft("STATE", 8, Style::kBold).AddRight("LIVE", 9, Style::kBold).AddRight("GROWTH", 9, Style::kBold);
  lines.push_back(std::move(header.AddLeft("COURSE", kCourse, Style::kBold).Add("VERDICTS", Style::kBold)));
  state.page_rows = size.rows > lines.size() + 1 ? size.rows - lines.size() - 1 : 1;
  state.selected_process = std::min(state.selected_process, count - 1);
  for (std::size_t i = FirstShown(state.selected_process, state.page_rows); i < count; ++i) {
    const WatchedProcess& process = state.shown->processes[i];
    ScreenLine line;
    line.selected = i == state.selected_process;
    line.AddRight(process.pid > 0 ? std::to_string(process.pid) : "-", 7)
        .AddLeft(process.name, name_columns, Style::kBold);
    line.AddLeft(process.state, 8, process.is_current ? Style::kPlain : Style::kDim);
    const WatchedResource* live = process.resources.empty() ? nullptr : &process.resources.front();
    line.AddRight(live != nullptr ? support::FormatValue(live->Now(), live->type.unit) : "?", 9);
    line.AddRight(live != nullptr ? support::FormatSignedValue(live->Growth(), live->type.unit) : "?", 9,
                  live != nullptr ? GrowthStyle(live->Growth()) : Style::kPlain);
    line.AddLeft(live != nullptr ? Curve(live->points, kCourse, state.utf8) : "", kCourse, Style::kDim);
    const bool says_error = !process.error.empty() && !process.is_current;
    line.Add(says_error ? process.error : VerdictWords(process), says_error ? Style::kBad : VerdictStyle(process));
    lines.push_back(std::move(line));
  }
  return lines;
}

void AddResources(const WatchState& state, const WatchedProcess& process, ScreenSize size, std::size_t most,
                  std::vector<ScreenLine>& lines) {
  const WatchedResource* const chosen =
      process.resources.empty() ? nullptr : &process.resources[state.type % process.resources.size()];
  std::vector<const WatchedResource*> shown;
  for (const WatchedResource& resource : process.resources) {
    const bool is_empty = resource.Now() == 0 && resource.Growth() == 0;
    if (&resource == chosen || (!is_empty && shown.size() < most)) shown.push_back(&resource);
  }
  // Where not all fit, the chosen one is there all the same.
  if (shown.size() > most) std::erase_if(shown, [&](const auto& one) { return one != chosen; });
  if (most == 0) shown.clear();
  for (const WatchedResource* resource : shown) {
    ScreenLine line;
    line.Add(resource == chosen ? "> " : "  ").AddLeft(reports::TypeInWords(resource->type.type), 20);
    line.AddRight(support::FormatValue(resource->Now(), resource->type.unit), 10, Style::kBold);
    line.AddRight(support::FormatSignedValue(resource->Growth(), resource->type.unit), 10,
                  GrowthStyle(resource->Growth()));
    line.AddRight(Rate(*resource), 12);
    if (size.columns > 62) line.Add(Curve(resource->points, std::min<std::size_t>(size.columns - 62, 40), state.utf8));
    lines.push_back(std::move(line));
  }
}

ScreenLine SiteHeader(const WatchState& state, ScreenSize size) {
  ScreenLine header;
  header.AddRight("GROWTH", 10, Style::kBold).AddRight("NOW", 10, Style::kBold);
  if (size.columns >= 70) header.AddRight("OBJECTS", 9, Style::kBold);
  if (state.group == 0) header.AddLeft("VERDICT", 12, Style::kBold);
  return header.Add(state.group == 0 ? "FUNCTION" : WatchGroups()[state.group].name, Style::kBold);
}

ScreenLine SiteLine(const WatchState& state, const WatchedProcess& process, const analysis::Site& site,
                    ScreenSize size) {
  const std::string& unit = state.table->value_type.unit;
  ScreenLine line;
  line.AddRight(support::FormatSignedValue(site.growth(), unit), 10, GrowthStyle(site.growth()));
  line.AddRight(support::FormatValue(site.value, unit), 10);
  if (size.columns >= 70) line.AddRight(state.table->has_objects ? support::FormatCount(site.objects) : "", 9);
  if (state.group != 0) return std::move(line.Add(site.label.empty() ? "(none)" : site.label, Style::kBold));
  const std::string verdict = VerdictOf(process, state.table->value_type.type, site);
  line.AddLeft(verdict, 12, verdict == "lost" || verdict == "leak" ? Style::kBad : Style::kPlain);
  line.Add(reports::ShortName(site.function, 60), Style::kBold);
  const std::string where = reports::Where(site.file, site.line, site.module, site.caller);
  return std::move(line.Add(where.empty() ? "" : "  " + where, Style::kDim));
}

std::vector<ScreenLine> ProcessLines(WatchState& state, ScreenSize size) {
  const WatchedProcess* process = state.Open();
  std::vector<ScreenLine> lines;
  if (process == nullptr) {
    AddTop(state, lines, "watch");
    lines.emplace_back(state.shown == nullptr ? "looking at the log ..." : "it is not there any more", Style::kDim);
    return lines;
  }
  AddTop(
      state, lines,
      process->name + (process->pid > 0 ? " (pid " + std::to_string(process->pid) + ")" : "") + "  " + process->state);
  if (!process->error.empty()) lines.emplace_back(process->error, Style::kBad);
  if (process->newest == nullptr) return lines;
  if (process->side.losses != 0) {
    lines.emplace_back(
        "the recorder missed " + support::FormatCount(process->side.losses) + " events: values are too low", Style::kBad);
  }
  lines.emplace_back("verdicts: " + VerdictWords(*process) +
                         (process->verdicts ? " (of " + support::FormatCount(process->side.generation) + " generations)"
                                            : "; they need three generations (mqtrack run --generations 10m)"),
                     VerdictStyle(*process));
  if (const std::string work = WorkWords(process->side); !work.empty()) lines.emplace_back(work);
  AddResources(state, *process, size, size.rows > 12 ? (size.rows - 6) / 2 : size.rows > 6 ? 1 : 0, lines);
  const std::int64_t began = process->resources.empty() ? 0 : process->resources.front().points.front().time_ns;
  const std::int64_t since = state.since_mark ? state.mark_ns : began;
  lines.emplace_back(reports::TypeInWords(state.SampleType(*process)) + " by " + WatchGroups()[state.group].name +
                         ", sorted by " + WatchSortName(state.sort) + ", growth since " + Clock(since) +
                         (state.since_mark ? " (the mark)" : ""),
                     Style::kDim);
  if (!state.table) {
    lines.emplace_back(state.table_problem, Style::kBad);
    return lines;
  }
  lines.push_back(SiteHeader(state, size));
  state.page_rows = size.rows > lines.size() + 1 ? size.rows - lines.size() - 1 : 1;
  for (std::size_t i = FirstShown(state.selected_site, state.page_rows); i < state.table->sites.size(); ++i) {
    if (lines.size() > size.rows) break;
    ScreenLine line = SiteLine(state, *process, state.table->sites[i], size);
    line.selected = i == state.selected_site;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<ScreenLine> TextLines(WatchState& state, ScreenSize size) {
  std::vector<ScreenLine> lines;
  AddTop(state, lines, state.text_title);
  const std::vector<std::string> text = WrapText(state.text, std::max<std::size_t>(size.columns, 1));
  state.page_rows = size.rows > lines.size() + 1 ? size.rows - lines.size() - 1 : 1;
  state.scroll = std::min(state.scroll, text.size() > state.page_rows ? text.size() - state.page_rows : 0);
  for (std::size_t i = state.scroll; i < text.size() && lines.size() < size.rows; ++i) lines.emplace_back(text[i]);
  return lines;
}

}  // namespace

std::vector<ScreenLine> WatchLines(WatchState& state, ScreenSize size) {
  std::vector<ScreenLine> lines = state.pane == WatchState::Pane::kProcesses ? ProcessesLines(state, size)
                                  : state.pane == WatchState::Pane::kProcess ? ProcessLines(state, size)
                                                                             : TextLines(state, size);
  if (size.rows > 1) {
    lines.resize(std::min(lines.size(), size.rows - 1));
    while (lines.size() + 1 < size.rows) lines.emplace_back();
    lines.emplace_back(BottomLine(state), state.message.empty() ? Style::kDim : Style::kBold);
  }
  lines.resize(std::min(lines.size(), size.rows));
  for (ScreenLine& line : lines) {
    for (ScreenSpan& span : line.spans) {
      if (!state.utf8) span.text = support::ToAscii(span.text);
    }
    line.CutTo(size.columns);
  }
  return lines;
}

}  // namespace mqtrack::cli
