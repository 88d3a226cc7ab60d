#include "reports/words/sys_words.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "libtrack/analysis/sites.h"
#include "libtrack/support/units.h"

namespace mqtrack::reports {

using analysis::SysFigure;
using analysis::SysFigures;

std::string SysWords(const SysFigures& now, const SysFigures& before) {
  if (!now.is_known) return {};
  std::string text;
  // What messages are comes first.
  for (auto figure = std::rbegin(analysis::kSysFigures); figure != std::rend(analysis::kSysFigures); ++figure) {
    const std::int64_t value = now.*figure->value, was = before.*figure->value;
    if (value < 0 || figure->words.empty()) continue;
    const bool is_bytes = figure->value == &SysFigures::stored_bytes;
    const std::string_view unit = is_bytes ? "bytes" : "count";
    text += (text.empty() ? "" : ", ") + support::FormatValue(value, unit) + " " +
            (is_bytes ? "in stored messages" : std::string(figure->words));
    if (was >= 0 && was != value)
      text += " (" + support::FormatSignedValue(analysis::Difference(value, was), unit) + ")";
  }
  return text;
}

std::string SysExplains(const analysis::Side& base, const analysis::Side& newer) {
  const SysFigures &before = base.sys, &now = newer.sys;
  if (before.stored < 0 || now.stored < 0 || before.stored_bytes < 0 || now.stored_bytes < 0) return {};
  if (base.memory.live_heap < 0 || newer.memory.live_heap <= base.memory.live_heap) return {};
  if (now.uptime_seconds <= before.uptime_seconds)
    return "the broker had not renewed its figures in between, so they explain nothing";
  const std::int64_t grown = analysis::Difference(newer.memory.live_heap, base.memory.live_heap);
  const std::int64_t more = analysis::Difference(now.stored, before.stored);
  const std::int64_t bytes =
      std::clamp<std::int64_t>(analysis::Difference(now.stored_bytes, before.stored_bytes), 0, grown);
  const std::string heap = support::FormatBytes(grown);
  if (more <= 0) return "it stores no more messages than before, so they explain none of the " + heap + " of growth";
  return "of " + heap + " of growth the payloads of " + support::FormatCount(more) + " more stored messages explain " +
         support::FormatBytes(bytes) + "; the other " + support::FormatBytes(analysis::Difference(grown, bytes)) +
         " are what is kept beside payloads, or no message's";
}

nlohmann::ordered_json SysJson(const SysFigures& now, const SysFigures& before) {
  nlohmann::ordered_json json;
  for (const SysFigure& figure : analysis::kSysFigures) {
    if (before.*figure.value >= 0) json["base_" + std::string(figure.name)] = before.*figure.value;
    if (now.*figure.value >= 0) json[std::string(figure.name)] = now.*figure.value;
  }
  return json;
}

}  // namespace mqtrack::reports
