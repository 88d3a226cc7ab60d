#include "reports/text/owners_text.h"

#include <algorithm>

#include "libtrack/analysis/printable.h"
#include "libtrack/log/kinds.h"
#include "libtrack/support/units.h"
#include "reports/words/columns.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using Kind = Columns::Kind;

constexpr std::size_t kIndent = 2;

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
         (clients == 1 ? std::string(kClients.one) + "'s" : std::string(kClients.many) + "'");
}

std::string OtherFigure(const OwnerRow& owner) {
  if (owner.bytes == owner.bytes_by_all) return {};
  return "(" + support::FormatBytes(owner.bytes_by_all) + " if every pointer counts)";
}

std::string Rows(const OwnersOptions& options, std::size_t shown) {
  Columns columns({Kind::kNumber, Kind::kNumber, Kind::kNumber, Kind::kName, Kind::kText});
  columns.AddRow(
      {{"BYTES", Style::kBold}, {"SHARE", Style::kBold}, {"BLOCKS", Style::kBold}, {"OWNER", Style::kBold}, {""}});
  for (std::size_t i = 0; i < shown; ++i) {
    const OwnerRow& owner = options.owners[i];
    columns.AddRow({{support::FormatBytes(owner.bytes)},
                    {support::FormatPercent(owner.bytes, options.bytes)},
                    {support::FormatCount(owner.blocks)},
                    {OwnerTitle(owner.kind, owner.name), Style::kBold},
                    {OtherFigure(owner), Style::kDim}});
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
