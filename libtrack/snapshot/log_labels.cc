#include "libtrack/snapshot/log_labels.h"

#include <algorithm>

namespace mqtrack::snapshot {
namespace {

using profile::Label;

const char* NameOf(log::LabelKey key) {
  switch (key) {
    case log::LabelKey::kThread:
      return "thread";
    case log::LabelKey::kState:
      return "state";
    case log::LabelKey::kFdKind:
      return "fd_kind";
    case log::LabelKey::kPeer:
      return "peer";
    case log::LabelKey::kMqttPacket:
      return "mqtt_packet";
    case log::LabelKey::kMqttClient:
      return "mqtt_client";
    case log::LabelKey::kMqttTopic:
      return "mqtt_topic";
    case log::LabelKey::kName:
      return "name";
    case log::LabelKey::kRegion:
      return "region";
    case log::LabelKey::kKind:
      return "kind";
    case log::LabelKey::kTimerKind:
      return "timer_kind";
    case log::LabelKey::kInterval:
      return "interval";
    case log::LabelKey::kStackSize:
      return "stack_size";
    case log::LabelKey::kFired:
      return "fired";
  }
  return nullptr;  // of a newer recorder
}

}  // namespace

std::vector<Label> LabelsOfLog(const log::LabelPairs& pairs) {
  std::vector<Label> labels;
  for (const auto& [key, value] : pairs) {
    const char* name = NameOf(key);
    if (name == nullptr || value.empty()) continue;
    const bool known = std::any_of(labels.begin(), labels.end(), [&](const Label& label) { return label.key == name; });
    if (!known) labels.push_back({name, value, 0, {}});
  }
  std::sort(labels.begin(), labels.end());
  return labels;
}

}  // namespace mqtrack::snapshot
