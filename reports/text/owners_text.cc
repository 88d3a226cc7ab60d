#include "reports/text/owners_text.h"

#include <algorithm>
#include <utility>

#include "libtrack/analysis/printable.h"
#include "libtrack/log/kinds.h"
#include "libtrack/support/units.h"
#include "reports/words/columns.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using Kind = Columns::Kind;

constexpr std::size_t kIndent = 2, kBelow = 6;

/// " (12 connected, 40 offline)"; empty if nothing is known of any.
std::string StatesOf(const OwnersOptions& options) {
  struct State {
    std::string_view state, words;
    std::int64_t clients = 0;
  } states[] = {{"connected", "connected"}, {"offline", "offline"}, {"ended", "without a session"}, {"", "not known"}};
  for (const OwnerRow& owner : options.owners) {
    for (State& state : states)
      state.clients += owner.kind == "client" && owner.blocks != 0 && owner.client.state == state.state ? 1 : 0;
  }
  std::string text;
  bool is_known = false;
  for (const State& state : states) {
    if (state.clients == 0) continue;
    is_known |= !state.state.empty();
    text += (text.empty() ? "" : ", ") + support::FormatCount(state.clients) + " " + std::string(state.words);
  }
  return is_known ? " (" + text + ")" : std::string();
}

/// Clients are often thousands, and alike: how many there are and what they hold together.
std::string ClientsSentence(const OwnersOptions& options) {
  std::int64_t clients = 0, bytes = 0;
  for (const OwnerRow& owner : options.owners) {
    if (owner.kind != "client" || owner.blocks == 0) continue;
    ++clients;
    bytes += owner.bytes;
  }
  if (clients == 0) return {};
  constexpr log::SampleKind kClients = log::FindSampleKind(log::Kind::kMqttClient, log::Measure::kLiveCount);
  return ", " + support::FormatPercent(bytes, options.bytes) + " of it " + support::FormatCount(clients) + " " +
         (clients == 1 ? std::string(kClients.one) + "'s" : std::string(kClients.many) + "'") + StatesOf(options);
}

std::string OtherFigure(const OwnerRow& owner) {
  if (owner.bytes == owner.bytes_by_all) return {};
  return "(" + support::FormatBytes(owner.bytes_by_all) + " if every pointer counts)";
}

/// "offline for 12 min 5 s, 200 queued, 0 inflight, 1 subscription"; what is not known is left out, or said to be so.
std::string ClientWords(const ClientRow& client, std::int64_t now_unix_seconds) {
  std::string text = client.state;
  if (text == "ended") text = "no session any more";
  const std::int64_t seconds = now_unix_seconds - client.since_unix_seconds;
  if (client.state == "offline" && client.since_unix_seconds != 0 && seconds >= 0)
    text += " for " + support::FormatDuration(seconds);
  const auto add = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
  if (client.state.empty()) add("state not known");
  if (client.queued) {
    add(support::FormatCount(*client.queued) + " queued");
  } else if (client.message_blocks) {
    add(Plural(*client.message_blocks, "message"));
  }
  if (client.inflight) add(support::FormatCount(*client.inflight) + " inflight");
  if (client.half_received.value_or(0) != 0) add(support::FormatCount(*client.half_received) + " half received");
  if (client.subscriptions) add(Plural(*client.subscriptions, "subscription"));
  return text;
}

/// Lines below a row; on a narrow terminal a part each.
std::string Below(std::string_view words, const OwnersOptions& options) {
  constexpr std::string_view kBetween = ", ";
  std::string text;
  while (!words.empty()) {
    const std::size_t end = IsNarrow(options.width_columns) ? words.find(kBetween) : std::string_view::npos;
    const std::string_view part = words.substr(0, end);
    text += std::string(kBelow, ' ') + Styled(part, Style::kDim, options.colour) + "\n";
    words.remove_prefix(std::min(words.size(), part.size() + kBetween.size()));
  }
  return text;
}

std::string Rows(const OwnersOptions& options, std::size_t shown) {
  Columns columns({Kind::kNumber, Kind::kNumber, Kind::kNumber, Kind::kName, Kind::kText});
  columns.AddRow(
      {{"BYTES", Style::kBold}, {"SHARE", Style::kBold}, {"BLOCKS", Style::kBold}, {"OWNER", Style::kBold}, {""}});
  const bool is_narrow = IsNarrow(options.width_columns);
  for (std::size_t i = 0; i < shown; ++i) {
    const OwnerRow& owner = options.owners[i];
    columns.AddRow({{support::FormatBytes(owner.bytes)},
                    {support::FormatPercent(owner.bytes, options.bytes)},
                    {support::FormatCount(owner.blocks)},
                    {OwnerTitle(owner.kind, owner.name), Style::kBold},
                    {is_narrow ? std::string() : OtherFigure(owner), Style::kDim}});
    std::string below = is_narrow ? Below(OtherFigure(owner), options) : std::string();
    if (owner.kind == "client") below += Below(ClientWords(owner.client, options.now_unix_seconds), options);
    columns.AddBelow(std::move(below));
  }
  return columns.Render(kIndent, options.width_columns, options.colour);
}

}  // namespace

std::string OwnerTitle(std::string_view kind, std::string_view name) {
  const bool says_it = name.empty() || kind == "thread" || kind == "mapping";
  const std::string text = analysis::Printable(std::string(name));
  if (says_it) return name.empty() ? std::string(kind) : text;
  return std::string(kind) + " " + text;
}

std::string RenderOwnersText(const OwnersOptions& options) {
  const auto line = [&](std::string_view what, const std::string& text) {
    return std::string(kIndent, ' ') + Styled(what, Style::kDim, options.colour) + "  " + text + "\n";
  };
  std::string text = Styled(analysis::Printable(options.process) + ": " + support::FormatBytes(options.bytes) +
                                " live in " + Plural(options.blocks, "block") + ClientsSentence(options) + ".",
                            Style::kBold, options.colour) +
                     "\n\n";
  text += line("of   ", analysis::Printable(options.name));
  text += line(LookLabel(options.look), LookWords(options.look));
  for (const std::string& note : options.notes) text += line("note ", note);
  const std::size_t shown = options.rows == 0 ? options.owners.size() : std::min(options.rows, options.owners.size());
  if (shown != 0) text += "\n" + Rows(options, shown);
  if (shown < options.owners.size()) {
    std::int64_t bytes = 0;
    for (std::size_t i = shown; i < options.owners.size(); ++i) bytes += options.owners[i].bytes;
    text += "\nand " + Plural(static_cast<std::int64_t>(options.owners.size() - shown), "more owner") + " with " +
            support::FormatBytes(bytes) + " (-n 0 shows all)\n";
  }
  return text;
}

}  // namespace mqtrack::reports
