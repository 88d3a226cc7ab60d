#include "cli/watch/watch_table.h"

#include <algorithm>

#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {

const char* WatchSortName(WatchSort sort) {
  switch (sort) {
    case WatchSort::kGrowth:
      return "growth";
    case WatchSort::kValue:
      return "now";
    case WatchSort::kObjects:
      return "objects";
    case WatchSort::kName:
      break;
  }
  return "name";
}

const std::vector<WatchGroup>& WatchGroups() {
  static const std::vector<WatchGroup> groups = {{"function", ""},        {"client", "mqtt_client"},
                                                 {"topic", "mqtt_topic"}, {"region", "region"},
                                                 {"thread", "thread"},    {"generation", "generation"}};
  return groups;
}

support::Result<analysis::SiteTable> MakeWatchTable(const profile::Profile& base, const profile::Profile& newer,
                                                    const std::string& sample_type, const WatchGroup& group,
                                                    WatchSort sort, const analysis::WrapperList& wrappers) {
  analysis::SiteOptions options;
  options.sample_type = sample_type;
  options.label = group.label;
  if (!options.label.empty()) options.granularity = analysis::Granularity::kLabel;
  analysis::WrapperList with_layers = wrappers;
  with_layers.Add(analysis::FindAllocationLayers({&base, &newer}, wrappers));
  support::Result<analysis::SiteTable> table = analysis::DiffSites(base, newer, with_layers, options);
  if (!table) return table;
  const auto before = [sort](const analysis::Site& a, const analysis::Site& b) {
    if (sort == WatchSort::kName) return a.label != b.label ? a.label < b.label : a.function < b.function;
    if (sort == WatchSort::kObjects) return a.objects > b.objects;
    if (sort == WatchSort::kValue || a.growth() == b.growth()) return a.value > b.value;
    return a.growth() > b.growth();
  };
  std::stable_sort(table->sites.begin(), table->sites.end(), before);
  return table;
}

std::string VerdictOf(const WatchedProcess& process, const std::string& sample_type, const analysis::Site& site) {
  if (!process.verdicts || !site.label.empty()) return {};
  const auto found = process.verdicts->of.find({sample_type, site.function});
  return found == process.verdicts->of.end() ? std::string() : std::string(verdicts::VerdictName(found->second));
}

std::string VerdictWords(const WatchedProcess& process) {
  if (!process.verdicts) return process.newest == nullptr ? "not known" : "not judged";
  std::string text;
  for (std::size_t i = 0; i < verdicts::kVerdicts; ++i) {
    if (process.verdicts->counts[i] == 0) continue;
    text += (text.empty() ? "" : ", ") + support::FormatCount(static_cast<std::int64_t>(process.verdicts->counts[i])) +
            " " + std::string(verdicts::VerdictName(static_cast<verdicts::Verdict>(i)));
  }
  return text.empty() ? "nothing grows" : text;
}

}  // namespace mqtrack::cli
