#include "libtrack/profile/formats/pprof_samples.h"

#include <algorithm>

#include "libtrack/profile/formats/pprof_fields.h"

namespace mqtrack::profile {

using protozero::data_view;
using protozero::pbf_reader;

namespace {

void ReadLabel(data_view view, PprofTables& tables, Sample& sample) {
  std::uint64_t key = 0;
  std::uint64_t str = 0;
  std::uint64_t unit = 0;
  Label label;
  pbf_reader message(view);
  while (message.next()) {
    switch (message.tag()) {
      case field::kLabelKey:
        key = Number(message);
        break;
      case field::kLabelStr:
        str = Number(message);
        break;
      case field::kLabelNum:
        label.num = static_cast<std::int64_t>(Number(message));
        break;
      case field::kLabelNumUnit:
        unit = Number(message);
        break;
      default:
        message.skip();
    }
  }
  // As pprof: a label without any value says nothing, and one with a string is a string label.
  if (key == 0 || (str == 0 && label.num == 0 && unit == 0)) return;
  label.key = tables.Text(key, view.data());
  if (str != 0) {
    label.str = tables.Text(str, view.data());
    label.num = 0;
  } else {
    label.num_unit = tables.Text(unit, view.data());
    // The writer's way to keep a zero (see EncodePprof); a missing unit means the key, so nothing is lost.
    if (label.num == 0 && label.num_unit == label.key) label.num_unit.clear();
  }
  sample.labels.push_back(std::move(label));
}

}  // namespace

void ReadSample(data_view view, PprofTables& tables, Profile& profile) {
  Sample& sample = profile.samples.emplace_back();
  const std::size_t types = profile.sample_types.size();
  sample.values.reserve(types);
  pbf_reader message(view);
  while (message.next()) {
    const char* const at = message.data().data();
    switch (message.tag()) {
      case field::kSampleLocationId:
        Numbers(message, [&](std::uint64_t id) { sample.locations.push_back(tables.FindLocation(id, at)); });
        break;
      case field::kSampleValue:
        Numbers(message, [&](std::uint64_t value) { sample.values.push_back(static_cast<std::int64_t>(value)); });
        break;
      case field::kSampleLabel:
        ReadLabel(View(message), tables, sample);
        break;
      default:
        message.skip();
    }
  }
  if (sample.values.size() != types) {
    throw Malformed{view.data(), "a sample has " + std::to_string(sample.values.size()) + " values, expected " +
                                     std::to_string(types) + ", one per sample type"};
  }
  std::sort(sample.labels.begin(), sample.labels.end());
}

}  // namespace mqtrack::profile
