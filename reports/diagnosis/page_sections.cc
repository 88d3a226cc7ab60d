#include "reports/diagnosis/page_sections.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "libtrack/analysis/sites.h"
#include "libtrack/log/packet_types.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"
#include "reports/diagnosis/diagnosis_text.h"
#include "reports/diagnosis/html_text.h"
#include "reports/diagnosis/line_chart.h"
#include "reports/words/state_words.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::BrokerState;
using analysis::Side;
using verdicts::Diagnosis;

constexpr char kBytes[] = "bytes", kCount[] = "count";

std::string Number(const std::string& text) { return Element("td", "number", Html(text)); }

/// `head`: cells of the heading, each a name; those after the first `texts` are of numbers.
std::string Table(const std::vector<std::string>& head, std::size_t texts, const std::string& rows,
                  const std::string& label) {
  std::string cells;
  for (std::size_t i = 0; i < head.size(); ++i) cells += Element("th", i < texts ? "" : "number", Html(head[i]));
  return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + Html(label) + "\"><table><thead><tr>" +
         cells + "</tr></thead><tbody>" + rows + "</tbody></table></div>\n";
}

std::vector<std::int64_t> TimesOf(const Diagnosis& diagnosis) {
  std::vector<std::int64_t> times;
  for (const Side& side : diagnosis.sides) times.push_back(side.time_nanos);
  return times;
}

ChartLine MemoryLine(const Diagnosis& diagnosis, const std::string& name, std::int64_t analysis::Memory::*figure) {
  ChartLine line{name, {}};
  for (const Side& side : diagnosis.sides) {
    const std::int64_t value = side.memory.*figure;
    line.values.push_back(value < 0 ? std::nullopt : std::optional(value));
  }
  return line;
}

ChartLine StateLine(const Diagnosis& diagnosis, const std::string& name, std::int64_t BrokerState::*figure) {
  ChartLine line{name, {}};
  for (const BrokerState& state : diagnosis.states)
    line.values.push_back(state.is_known ? std::optional(state.*figure) : std::nullopt);
  return line;
}

bool IsZero(const std::vector<std::int64_t>& totals) {
  return std::all_of(totals.begin(), totals.end(), [](std::int64_t value) { return value == 0; });
}

struct StateFigure {
  const char* name;
  std::int64_t BrokerState::*value;
  bool has_chart = false;
};
constexpr StateFigure kStateFigures[] = {{"clients connected", &BrokerState::connected, true},
                                         {"sessions", &BrokerState::sessions, true},
                                         {"of these, of clients that are gone", &BrokerState::offline_sessions},
                                         {"subscriptions", &BrokerState::subscriptions, true},
                                         {"retained messages", &BrokerState::retained, true},
                                         {"retained messages set, ever", &BrokerState::retained_set},
                                         {"and cleared", &BrokerState::retained_cleared},
                                         {"messages sent and not yet acknowledged", &BrokerState::unacknowledged_out},
                                         {"QoS 2 messages received and not yet released", &BrokerState::half_open_in},
                                         {"wills", &BrokerState::wills}};

std::string PacketTable(const analysis::WorkDone& work) {
  std::string rows;
  for (std::size_t type = 0; type < work.received.size(); ++type) {
    if (work.received[type] == 0 && work.sent[type] == 0) continue;
    rows +=
        Element("tr", "",
                Element("td", "", Html(log::kPacketNames[type])) + Number(support::FormatCount(work.received[type])) +
                    Number(support::FormatCount(work.sent[type])));
  }
  if (rows.empty()) return Element("p", "", "No MQTT packets in between.");
  return Table({"MQTT packet", "received", "sent"}, 1, rows, "MQTT packets");
}

std::string StateTable(const BrokerState& first, const BrokerState& last) {
  if (!first.is_known || !last.is_known) return {};
  std::string rows;
  for (const StateFigure& figure : kStateFigures) {
    const std::int64_t before = first.*figure.value, after = last.*figure.value;
    if (before == 0 && after == 0) continue;
    rows += Element("tr", "",
                    Element("td", "", Html(figure.name)) + Number(support::FormatCount(before)) +
                        Number(support::FormatCount(after)) +
                        Number(support::FormatSignedCount(analysis::Difference(after, before))));
  }
  if (rows.empty()) return {};
  std::string html = Table({"What the broker holds", "first", "last", "change"}, 1, rows, "State of the broker");
  if (!last.is_complete) html += Element("p", "dim", Html("Not counted: " + GapWords(last) + "."));
  return html;
}

std::string SnapshotRow(const Side& side, const Side& first, std::size_t number) {
  const auto bytes = [](std::int64_t value) { return value < 0 ? "not known" : support::FormatBytes(value); };
  const std::int64_t seconds = ElapsedSeconds(first, side);
  const std::string losses =
      side.losses < 0    ? "not known"
      : side.losses == 0 ? "none"
                         : support::FormatCount(side.losses) + " (" + support::FormatBytes(side.lost_bytes) + ")";
  return Element(
             "tr", "",
             Element("td", "", std::to_string(number)) +
                 Element("td", "time", Html(side.time_nanos == 0 ? "not known" : support::FormatUtc(side.time_nanos))) +
                 Element("td", "",
                         Html(side.sample_bytes == 0 ? "exact"
                                                     : "sampled every " + support::FormatBytes(side.sample_bytes))) +
                 Number(number == 1 ? "" : "+" + support::FormatDuration(seconds)) +
                 Number(bytes(side.memory.live_heap)) + Number(bytes(side.memory.resident)) + Number(losses)) +
         "\n";
}

/// A chart for each sample type, with resident memory beside live bytes.
std::string DrawThings(const Diagnosis& diagnosis) {
  const std::vector<std::int64_t> times = TimesOf(diagnosis);
  const std::string moment = diagnosis.is_of_survivors ? "stretch" : "snapshot";
  std::string charts;
  for (auto resource = diagnosis.resources.rbegin(); resource != diagnosis.resources.rend(); ++resource) {
    if (IsZero(resource->totals)) continue;  // memory is last in a profile
    const std::string name = TypeInWords(resource->type.type);
    charts += DrawLineChart(
        {name, resource->type.unit, times, {{name, {resource->totals.begin(), resource->totals.end()}}}, moment});
    if (resource->type.type != profile::kInuseSpace || diagnosis.is_of_survivors) continue;
    charts += DrawLineChart({"Resident memory",
                             kBytes,
                             times,
                             {MemoryLine(diagnosis, "resident", &analysis::Memory::resident),
                              MemoryLine(diagnosis, "in no file", &analysis::Memory::anonymous)}});
  }
  return charts;
}

std::string DrawState(const Diagnosis& diagnosis) {
  std::string charts;
  for (const StateFigure& figure : kStateFigures) {
    if (!figure.has_chart) continue;
    const ChartLine line = StateLine(diagnosis, figure.name, figure.value);
    if (std::any_of(line.values.begin(), line.values.end(), [](const auto& value) { return value.value_or(0) != 0; }))
      charts += DrawLineChart({figure.name, kCount, TimesOf(diagnosis), {line}});
  }
  return charts;
}

std::string HowToReadCharts(const Diagnosis& diagnosis) {
  if (diagnosis.is_of_survivors)
    return "What is alive now, by when it was made: each point adds what one more stretch of generations has left. "
           "What was there in between and is gone is not known.";
  const Side &first = diagnosis.sides.front(), &last = diagnosis.sides.back();
  if (first.time_nanos <= 0) return "Times are not known: snapshots are numbered.";
  return "Times are UTC, from " + support::FormatUtc(first.time_nanos) + " to " + support::FormatUtc(last.time_nanos) +
         ". Not every axis begins at zero.";
}

}  // namespace

std::string DrawResources(const Diagnosis& diagnosis) {
  const std::string charts = DrawThings(diagnosis) + (diagnosis.is_of_survivors ? "" : DrawState(diagnosis));
  if (charts.empty()) return {};
  return Element("p", "dim", Html(HowToReadCharts(diagnosis))) + Element("div", "charts", charts);
}

std::string DrawWork(const Diagnosis& diagnosis) {
  if (!diagnosis.work.is_known || diagnosis.is_of_survivors) return {};
  std::string html = "<div class=\"side-by-side\">" + PacketTable(diagnosis.work);
  if (!diagnosis.states.empty()) html += StateTable(diagnosis.states.front(), diagnosis.states.back());
  html += "</div>";
  if (const std::string sys = SysSentence(diagnosis); !sys.empty())
    html += Element("p", "", Html("$SYS: " + sys + "."));
  if (diagnosis.work.uncounted_senders > 0) {
    html += Element(
        "p", "dim",
        Html("Of " + Plural(diagnosis.work.uncounted_senders, "connection") + " not all sent packets were counted."));
  }
  return html;
}

std::string DrawOwners(const Diagnosis& diagnosis) {
  std::map<verdicts::OwnerName, verdicts::Held> sums;
  for (const verdicts::SiteVerdict& one : diagnosis.sites) {
    if (one.history.type.type != profile::kInuseSpace) continue;
    for (const auto& [owner, held] : one.history.owners) sums[owner].Add(held);
  }
  std::vector<std::pair<verdicts::OwnerName, verdicts::Held>> owners(sums.begin(), sums.end());
  std::stable_sort(owners.begin(), owners.end(),
                   [](const auto& a, const auto& b) { return a.second.value > b.second.value; });
  constexpr std::size_t kMost = 20;
  std::string rows;
  for (std::size_t i = 0; i < owners.size() && i < kMost; ++i) {
    const auto& [owner, held] = owners[i];
    rows += Element("tr", "",
                    Element("td", "name", HtmlName(OwnerInWords(owner))) + Number(support::FormatBytes(held.value)) +
                        Number(support::FormatCount(held.objects)));
  }
  if (rows.empty()) return {};
  return Element("p", "dim",
                 "Whose the heap blocks are that were made after the first snapshot and are there at the last look, of "
                 "all sites that have a verdict. What clients share counts for none of them.") +
         Table({"Owner", "bytes", "objects"}, 1, rows, "Owners of growth") +
         (owners.size() > kMost
              ? Element("p", "dim",
                        Html("And " + Plural(static_cast<std::int64_t>(owners.size() - kMost), "more owner") + "."))
              : "");
}

std::string DrawMeasurement(const Diagnosis& diagnosis, const DiagnosisOptions& options) {
  std::string rows, facts;
  // All stretches of generations are of one snapshot.
  const std::size_t snapshots = diagnosis.is_of_survivors ? 1 : diagnosis.sides.size();
  for (std::size_t i = 0; i < snapshots; ++i) rows += SnapshotRow(diagnosis.sides[i], diagnosis.sides.front(), i + 1);
  const auto fact = [&](const char* what, const std::string& text) {
    if (!text.empty()) facts += Element("dt", "", what) + Element("dd", "", HtmlName(text));
  };
  fact("Of", options.name);
  fact("Heap looked at", LooksWords(options));
  for (const LookFacts& look : options.looks) fact("Stood still", LookWords(look));
  fact("What each stretch left", diagnosis.tells_cohorts
                                     ? "by when each thing was made: every snapshot began a generation"
                                     : "by the difference of two snapshots: they do not tell when each thing was made");
  for (const std::string& note : options.notes) fact("Note", note);
  std::string html =
      Table({"#", "Time", "Recorded", "after", "live heap", "resident", "missed events"}, 3, rows, "Snapshots") +
      Element("dl", "facts", facts);
  if (!options.command.empty())
    html += "<div class=\"next\">" + Element("span", "label", "Made by") +
            Element("code", "command", Html(options.command)) + "</div>";
  return html;
}

}  // namespace mqtrack::reports
