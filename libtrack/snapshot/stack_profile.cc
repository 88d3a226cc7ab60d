#include "libtrack/snapshot/stack_profile.h"

#include <algorithm>
#include <map>
#include <utility>

#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/facts.h"
#include "libtrack/snapshot/log_labels.h"
#include "libtrack/snapshot/stack_locations.h"

namespace mqtrack::snapshot {

profile::Profile BuildStackProfile(const log::LogContent& content, const process::RecordedProcess& process,
                                   std::vector<profile::ValueType> types, const std::vector<StackValues>& values,
                                   const Options& options) {
  profile::Profile profile;
  const StackTable stacks(content, profile);
  std::map<log::LabelsId, std::vector<profile::Label>> labels;
  for (const auto& [id, pairs] : content.label_sets) labels[id] = LabelsOfLog(pairs);
  std::map<std::pair<std::uint32_t, std::vector<profile::Label>>, std::vector<std::int64_t>> sums;
  for (const StackValues& one : values) {
    std::vector<profile::Label> own = labels[one.labels];
    own.push_back({"generation", {}, one.generation, {}});
    own.insert(own.end(), one.labels_beside.begin(), one.labels_beside.end());
    std::sort(own.begin(), own.end());
    std::vector<std::int64_t>& sum = sums[{stacks.NumberOf(one.stack), std::move(own)}];
    sum.resize(types.size());
    for (std::size_t i = 0; i < types.size(); ++i) sum[i] += one.values[i];
  }
  for (auto& [key, sum] : sums) profile.samples.push_back({stacks.locations(key.first), std::move(sum), key.second});
  profile.sample_types = std::move(types);
  profile.default_sample_type = profile.sample_types.back().type;
  profile.period_type = {"space", "bytes"};
  profile.period = 1;
  AddLogFacts(profile, content);
  if (options.symbolize)
    AddSymbols(profile, options.symbols, process.where.pid, content.modules, content.facts.started_unix_ns);
  return profile;
}

}  // namespace mqtrack::snapshot
