// Three steps, so that the dear part (expanding a stack and finding whom to blame) is done once per distinct stack:
// samples that differ only in labels are summed first, then every stack is given to the site of its culprit, last the
// sites are completed with the frames of their heaviest stack.
#include "libtrack/analysis/site_grouping.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/site_name.h"
#include "libtrack/profile/difference.h"
#include "libtrack/profile/label_text.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

constexpr std::string_view kNoLabel = "(none)";

void AddUnjoined(Unjoined& sum, const Unjoined& other) {
  sum.base_threads = Sum(sum.base_threads, other.base_threads);
  sum.threads = Sum(sum.threads, other.threads);
  sum.base_stack_bytes = Sum(sum.base_stack_bytes, other.base_stack_bytes);
  sum.stack_bytes = Sum(sum.stack_bytes, other.stack_bytes);
}

struct Values {
  std::int64_t base = 0, base_objects = 0, value = 0, objects = 0;
  Unjoined unjoined;
  void Add(const Values& other) {
    base = Sum(base, other.base);
    base_objects = Sum(base_objects, other.base_objects);
    value = Sum(value, other.value);
    objects = Sum(objects, other.objects);
    AddUnjoined(unjoined, other.unjoined);
  }
};

/// Threads that ended and were never joined, of a sample of threads.
Unjoined ReadUnjoined(const profile::Sample& sample, const Values& values) {
  Unjoined unjoined;
  std::int64_t stack_bytes = 0;
  bool ended = false;
  for (const profile::Label& label : sample.labels) {
    ended |= label.key == "state" && label.str == "exited_unjoined";
    if (label.key != "stack_size") continue;
    if (const support::Result<std::int64_t> bytes = support::ParseBytes(label.str)) stack_bytes = *bytes;
  }
  if (!ended) return unjoined;
  const auto times = [](std::int64_t a, std::int64_t b) {  // as Sum: foreign values may be anything
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  };
  return {values.base, values.value, times(values.base, stack_bytes), times(values.value, stack_bytes)};
}

Values ReadValues(const profile::Sample& sample, const ValueColumns& columns) {
  const auto at = [&](std::size_t column) { return column < sample.values.size() ? sample.values[column] : 0; };
  return {at(columns.base), at(columns.base_objects), at(columns.value), at(columns.objects), {}};
}

struct StackKey {
  const std::vector<profile::LocationId>* locations;
  std::string label;
  bool operator==(const StackKey& other) const { return label == other.label && *locations == *other.locations; }
};

struct StackKeyHash {
  std::size_t operator()(const StackKey& key) const {
    std::uint64_t hash = std::hash<std::string>()(key.label);
    for (const profile::LocationId id : *key.locations)
      hash = (hash ^ Index(id)) * 0x9e3779b97f4a7c15ULL + (hash >> 29);
    return static_cast<std::size_t>(hash);
  }
};

/// Growth by the packet that was handled when it was made (label mqtt_packet), "" of none.
class Causes {
 public:
  void Add(std::string_view packet, std::int64_t growth) {
    if (growth == 0) return;
    for (auto& [known, sum] : growth_) {
      if (known != packet) continue;
      sum = Sum(sum, growth);
      return;
    }
    growth_.emplace_back(packet, growth);
  }
  void Add(const Causes& other) {
    for (const auto& [packet, growth] : other.growth_) Add(packet, growth);
  }
  /// The one packet whose growth is all growth; nothing if there are several.
  [[nodiscard]] std::optional<std::string> OnlyOne() const {
    std::optional<std::string> only;
    for (const auto& [packet, growth] : growth_) {
      if (growth == 0) continue;
      if (only) return std::nullopt;
      only = packet;
    }
    return only;
  }

 private:
  std::vector<std::pair<std::string_view, std::int64_t>> growth_;  // few; the names are the profile's
};

std::string_view PacketOf(const profile::Sample& sample) {
  for (const profile::Label& label : sample.labels) {
    if (label.key == "mqtt_packet") return label.str;
  }
  return {};
}

struct Stack {
  StackKey key;
  Values values;
  Causes causes;
};

std::string LabelValue(const profile::Sample& sample, const std::string& key) {
  for (const profile::Label& label : sample.labels) {
    if (label.key == key) return profile::LabelText(label);
  }
  return std::string(kNoLabel);
}

/// The distinct stacks (with kLabel: per label value), in the order of their first sample.
std::vector<Stack> SumStacks(const SiteTable& table, const ValueColumns& columns) {
  const bool threads = profile::SampleKindOf(table.value_type.type).kind == log::Kind::kThread;
  std::vector<Stack> stacks;
  std::unordered_map<StackKey, std::size_t, StackKeyHash> index;
  for (const profile::Sample& sample : table.profile.samples) {
    StackKey key{&sample.locations,
                 table.granularity == Granularity::kLabel ? LabelValue(sample, table.label) : std::string()};
    const auto [entry, is_new] = index.try_emplace(key, stacks.size());
    if (is_new) stacks.push_back({std::move(key), {}, {}});
    Values values = ReadValues(sample, columns);
    if (table.is_diff) stacks[entry->second].causes.Add(PacketOf(sample), Difference(values.value, values.base));
    if (threads) values.unjoined = ReadUnjoined(sample, values);
    stacks[entry->second].values.Add(values);
  }
  return stacks;
}

/// How much a stack or site matters in this table: its growth, or its value where nothing is compared; of a profile of
/// changes, how big the change is either way.
std::int64_t Weight(const SiteTable& table, std::int64_t base, std::int64_t value) {
  if (table.is_diff) return Difference(value, base);
  return table.holds_changes ? profile::Magnitude(value) : value;
}

/// Two stacks with the same key are one row. Only the base name of the file counts: the same source is built in
/// different folders. Leaf rows are by name alone, as pprof's are.
std::string SiteKey(const SiteTable& table, const Site& site, std::size_t stack_index) {
  const std::string function = site.function + '\0' + std::string(support::BaseName(site.file));
  switch (table.granularity) {
    case Granularity::kFunction:
      return function;
    case Granularity::kLine:
      return function + '\0' + std::to_string(site.line);
    case Granularity::kStack:
      return std::to_string(stack_index);
    case Granularity::kLeaf:
      return site.function;
    case Granularity::kLabel:
      return site.label;
  }
  return function;
}

struct Heaviest {
  std::int64_t weight = 0, value = 0;
  const std::vector<profile::LocationId>* locations = nullptr;
};

void AddToSite(Site& site, const Values& values) {
  site.base_value = Sum(site.base_value, values.base);
  site.base_objects = Sum(site.base_objects, values.base_objects);
  site.value = Sum(site.value, values.value);
  site.objects = Sum(site.objects, values.objects);
  AddUnjoined(site.unjoined, values.unjoined);
}

void SortSites(SiteTable& table) {
  const auto before = [&table](const Site& a, const Site& b) {
    const std::int64_t weight_a = Weight(table, a.base_value, a.value), weight_b = Weight(table, b.base_value, b.value);
    if (weight_a != weight_b) return weight_a > weight_b;
    return std::tie(a.label, a.function, a.file, a.line) < std::tie(b.label, b.function, b.file, b.line);
  };
  std::stable_sort(table.sites.begin(), table.sites.end(), before);
}

/// Adds the names of the layers among `frames`.
void CollectLayers(const std::vector<Frame>& frames, std::set<std::string_view>& layers) {
  for (const Frame& frame : frames) {
    if (frame.layer_callers > 0) layers.insert(frame.function->name);
  }
}

std::vector<AllocationLayer> MostCallersFirst(const std::set<std::string_view>& layers, const WrapperList& wrappers) {
  std::vector<AllocationLayer> sorted;
  for (const std::string_view name : layers) sorted.push_back(*wrappers.FindLayer(name));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const AllocationLayer& a, const AllocationLayer& b) { return a.callers > b.callers; });
  return sorted;
}

}  // namespace

void SumTotals(SiteTable& table) {
  table.base_total = table.total = table.base_objects_total = table.objects_total = 0;
  for (const Site& site : table.sites) {
    table.base_total = Sum(table.base_total, site.base_value);
    table.base_objects_total = Sum(table.base_objects_total, site.base_objects);
    table.total = Sum(table.total, site.value);
    table.objects_total = Sum(table.objects_total, site.objects);
  }
}

void GroupSites(SiteTable& table, const ValueColumns& columns, const WrapperList& wrappers) {
  const StackExpander expander(table.profile, wrappers, table.value_type.type);
  const std::vector<Stack> stacks = SumStacks(table, columns);
  std::unordered_map<std::string, std::size_t> index;
  std::vector<Heaviest> heaviest;
  std::vector<Causes> causes;
  std::set<std::string_view> layers;
  std::vector<Frame> frames;  // of one stack after the other
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    Site named;
    named.label = stacks[i].key.label;
    expander.Expand(*stacks[i].key.locations, frames);
    NameSite(table.profile, table.granularity, frames, named);
    const bool counts = stacks[i].values.value != 0 || stacks[i].values.base != 0;
    if (counts && named.named_by == NamedBy::kLayer) CollectLayers(frames, layers);
    const auto [entry, is_new] = index.try_emplace(SiteKey(table, named, i), table.sites.size());
    const std::int64_t weight = Weight(table, stacks[i].values.base, stacks[i].values.value);
    const Heaviest candidate{weight, stacks[i].values.value, stacks[i].key.locations};
    if (is_new) {
      table.sites.push_back(named);
      heaviest.push_back(candidate);
      causes.emplace_back();
    }
    causes[entry->second].Add(stacks[i].causes);
    Site& site = table.sites[entry->second];
    Heaviest& best = heaviest[entry->second];
    if (std::tie(candidate.weight, candidate.value) > std::tie(best.weight, best.value)) {
      best = candidate;
      std::tie(site.function, site.file, site.line, site.module, site.caller, site.named_by) =
          std::tie(named.function, named.file, named.line, named.module, named.caller, named.named_by);
    }
    AddToSite(site, stacks[i].values);
  }
  const WorkDone between = table.is_diff ? WorkBetween(table.base.work, table.newer.work) : WorkDone();
  for (std::size_t i = 0; i < table.sites.size(); ++i) {
    Site& site = table.sites[i];
    expander.Expand(*heaviest[i].locations, site.stack);
    if (const std::optional<std::string> cause = causes[i].OnlyOne())
      site.per_packet = FindPerPacket(between, site.growth(),
                                      table.has_objects ? std::optional(site.object_growth()) : std::nullopt, *cause);
  }
  SumTotals(table);
  std::erase_if(table.sites, [](const Site& site) {
    return site.base_value == 0 && site.value == 0 && site.base_objects == 0 && site.objects == 0;
  });
  SortSites(table);
  table.passed_over = MostCallersFirst(layers, wrappers);
}

}  // namespace mqtrack::analysis
