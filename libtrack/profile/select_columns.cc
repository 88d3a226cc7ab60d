#include "libtrack/profile/select_columns.h"

#include <algorithm>
#include <utility>

#include "libtrack/profile/merge.h"

namespace mqtrack::profile {

support::Result<Profile> SelectColumns(const Profile& from, const std::vector<std::size_t>& columns,
                                       const std::vector<std::string>& kept_labels) {
  Profile selected = from;
  selected.sample_types.clear();
  selected.samples.clear();
  if (columns.empty()) return selected;
  for (const std::size_t column : columns) selected.sample_types.push_back(from.sample_types[column]);
  selected.default_sample_type = selected.sample_types.back().type;
  for (const Sample& sample : from.samples) {
    Sample kept{sample.locations, {}, {}};
    for (const std::size_t column : columns) kept.values.push_back(sample.values[column]);
    if (std::all_of(kept.values.begin(), kept.values.end(), [](std::int64_t value) { return value == 0; })) continue;
    for (const Label& label : sample.labels) {
      if (std::find(kept_labels.begin(), kept_labels.end(), label.key) != kept_labels.end())
        kept.labels.push_back(label);
    }
    selected.samples.push_back(std::move(kept));
  }
  return Merge({&selected});
}

}  // namespace mqtrack::profile
