#include "libtrack/verdicts/sys_witness.h"

#include <algorithm>

#include "libtrack/analysis/sites.h"
#include "libtrack/support/units.h"

namespace mqtrack::verdicts {

StateFit SysWitness::Fit(const std::vector<std::int64_t>& counts) const {
  if (!is_known) return {};
  return FitFigure("messages that wait by the broker's $SYS", queued, counts);
}

bool SysWitness::Excludes(std::int64_t growth, std::int64_t sessions) const {
  if (!is_known) return false;
  constexpr double kPart = 10;  // of growth: less than a tenth explains nothing
  const auto more = static_cast<double>(std::max<std::int64_t>(0, analysis::Difference(queued.back(), queued.front())));
  return more * static_cast<double>(std::max<std::int64_t>(1, sessions)) * kPart <= static_cast<double>(growth);
}

std::string SysWitness::Words() const {
  if (!is_known) return {};
  const std::int64_t retained = analysis::Difference(stored.back(), queued.back());
  const std::int64_t more = analysis::Difference(stored.back(), stored.front());
  return "$SYS counts " + support::FormatCount(stored.back()) + " stored messages " +
         (more == 0 ? "as before" : "(" + support::FormatSignedCount(more) + ")") + ", of which " +
         support::FormatCount(retained) + (retained == 1 ? " is" : " are") + " retained";
}

SysWitness ReadSysWitness(const std::vector<analysis::SysFigures>& figures) {
  constexpr std::size_t kFewest = 3;  // stretches, and so one snapshot more; figures may be older than a snapshot
  SysWitness witness;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const bool is_renewed = i == 0 || figures[i].uptime_seconds > figures[i - 1].uptime_seconds;
    if (!figures[i].is_known || figures[i].Queued() < 0 || figures[i].uptime_seconds < 0 || !is_renewed) return {};
    witness.queued.push_back(figures[i].Queued());
    witness.stored.push_back(figures[i].stored);
  }
  witness.is_known = figures.size() > kFewest;
  return witness;
}

}  // namespace mqtrack::verdicts
