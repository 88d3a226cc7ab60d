// A log's content as samples. Live values are keyed by (stack, labels, generation), so that a diff of two snapshots of
// one process cancels exactly; the cumulative counters are kept per stack only, and get a sample of their own.
#include "libtrack/snapshot/build_profile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/facts.h"
#include "libtrack/snapshot/live_groups.h"
#include "libtrack/snapshot/log_labels.h"
#include "libtrack/snapshot/stack_locations.h"

namespace mqtrack::snapshot {
namespace {

using log::Kind;
using profile::Label;

/// A value per row of the table of kinds, of which a snapshot has the columns that the recording counts, or holds.
using Values = std::int64_t[log::kSampleKindCount];

std::int64_t Clamp(std::uint64_t value) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, kMost));
}

std::int64_t Round(double value) {
  constexpr double kMost = 9.2e18;  // below the largest int64
  return static_cast<std::int64_t>(std::llround(std::min(value, kMost)));
}

class Builder {
 public:
  explicit Builder(const log::LogContent& content) : content_(content), stacks_(content, profile_) {
    for (const auto& [id, pairs] : content.label_sets) labels_[static_cast<std::uint32_t>(id)] = LabelsOfLog(pairs);
  }

  profile::Profile Build() && {
    ChooseColumns();
    AddLiveSamples();
    AddCumulativeSamples();
    std::sort(profile_.samples.begin(), profile_.samples.end(), [](const auto& a, const auto& b) {
      return a.locations != b.locations ? a.locations < b.locations : a.labels < b.labels;
    });
    MergeEqualSamples();
    profile_.default_sample_type = profile_.sample_types.back().type;
    profile_.period_type = {"space", "bytes"};  // always: pprof refuses to diff profiles whose period types differ
    profile_.period = content_.facts.sample_bytes == 0 ? 1 : Clamp(content_.facts.sample_bytes);
    AddLogFacts(profile_, content_);
    return std::move(profile_);
  }

 private:
  void ChooseColumns() {
    bool present[log::kKinds] = {};
    for (std::size_t i = 0; i < log::kKinds; ++i)
      present[i] = (content_.facts.recorded_kinds & log::KindBit(static_cast<Kind>(i))) != 0;
    for (const log::LiveEntry& entry : content_.live) present[static_cast<std::size_t>(entry.kind)] = true;
    if (!content_.blocks.empty()) present[static_cast<std::size_t>(Kind::kHeapBlock)] = true;
    present[static_cast<std::size_t>(Kind::kNone)] = false;
    AddColumns(present);
    // A profile without any type is none. Damaged logs name kinds that have no type.
    if (content_.facts.recorded_kinds != 0 && !columns_.empty()) return;
    present[static_cast<std::size_t>(Kind::kHeapBlock)] = true;
    AddColumns(present);
  }

  /// The columns of these kinds, in place of others.
  void AddColumns(const bool (&present)[log::kKinds]) {
    columns_.clear();
    profile_.sample_types.clear();
    for (std::size_t i = 0; i < log::kSampleKindCount; ++i) {
      if (!present[static_cast<std::size_t>(log::kSampleKinds[i].kind)]) continue;
      columns_.push_back(i);
      profile_.sample_types.push_back(profile::WithUnit(log::kSampleKinds[i]));
    }
  }

  void AddSample(std::uint32_t stack, std::vector<Label> labels, const Values& values) {
    profile::Sample& sample = profile_.samples.emplace_back();
    sample.locations = stacks_.locations(stack);
    sample.labels = std::move(labels);
    for (const std::size_t column : columns_) sample.values.push_back(values[column]);
  }

  void AddLiveSamples() {
    const bool sampled = content_.facts.SamplingInterval() != 0;
    for (const LiveGroup& group : GroupLive(content_, stacks_)) {
      Values values = {};
      for (std::size_t i = 0; i < log::kSampleKindCount; ++i) {
        if (!log::IsCumulative(log::kSampleKinds[i].measure))
          values[i] = LiveValue(group, log::kSampleKinds[i], sampled);
      }
      AddSample(group.stack, LabelsOf(group), values);
    }
  }

  static std::int64_t LiveValue(const LiveGroup& group, const log::SampleKind& row, bool sampled) {
    const bool bytes = log::IsBytes(row.measure);
    if (sampled && row.kind == Kind::kHeapBlock) return Round(bytes ? group.estimated_bytes : group.estimated_objects);
    return Clamp((bytes ? group.bytes : group.count)[static_cast<std::size_t>(row.kind)]);
  }

  std::vector<Label> LabelsOf(const LiveGroup& group) const {
    std::vector<Label> labels;
    if (const auto known = labels_.find(group.labels); known != labels_.end()) labels = known->second;
    // Without a unit its key is its unit, to pprof and to our codec alike, which writes it out where 0 needs it.
    labels.push_back({"generation", {}, group.generation, {}});
    // A moment, but one that stays the thread's own as long as it lives: two snapshots agree on it.
    if (group.started_unix_seconds != 0) labels.push_back({"started", {}, Clamp(group.started_unix_seconds), {}});
    std::sort(labels.begin(), labels.end());
    return labels;
  }

  void AddCumulativeSamples() {
    // A sampled recorder counts what each block stands for, in units small enough to sum up without bias.
    const std::uint64_t unit = content_.facts.mode == log::Mode::kSampled ? log::kSampleUnit : 1;
    for (std::size_t i = 0; i < content_.stacks.size(); ++i) {
      const log::Stack& stack = content_.stacks[i];
      if (stack.alloc_objects == 0 && stack.alloc_bytes == 0) continue;
      Values values = {};
      for (std::size_t column = 0; column < log::kSampleKindCount; ++column) {
        const log::Measure measure = log::kSampleKinds[column].measure;
        if (!log::IsCumulative(measure)) continue;
        const std::uint64_t ever = log::IsBytes(measure) ? stack.alloc_bytes : stack.alloc_objects;
        values[column] = Clamp(log::SaturatingAdd(ever, unit / 2) / unit);
      }
      AddSample(stacks_.NumberAt(i), {}, values);
    }
  }

  // Neighbours after sorting: label sets and stacks may have been entered twice by two threads at once.
  void MergeEqualSamples() {
    std::vector<profile::Sample> merged;
    merged.reserve(profile_.samples.size());
    for (profile::Sample& sample : profile_.samples) {
      if (merged.empty() || merged.back().locations != sample.locations || merged.back().labels != sample.labels) {
        merged.push_back(std::move(sample));
        continue;
      }
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::int64_t& sum = merged.back().values[i];
        sum = Clamp(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(sample.values[i]));
      }
    }
    profile_.samples = std::move(merged);
  }

  const log::LogContent& content_;
  profile::Profile profile_;
  StackTable stacks_;
  std::vector<std::size_t> columns_;                    // rows of the table
  std::map<std::uint32_t, std::vector<Label>> labels_;  // by LabelsId
};

}  // namespace

profile::Profile BuildProfile(const log::LogContent& content) { return Builder(content).Build(); }

}  // namespace mqtrack::snapshot
