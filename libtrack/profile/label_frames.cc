#include "libtrack/profile/label_frames.h"

#include <map>
#include <utility>

#include "libtrack/profile/label_text.h"

namespace mqtrack::profile {
namespace {

// Where a real function has its name in the symbol table. pprof leaves it empty; the mark lets pictures tell the two
// apart, also of a profile that was written to a file in between.
constexpr std::string_view kLabelMark = "[label]";

class LabelFrameMaker {
 public:
  explicit LabelFrameMaker(Profile& profile) : profile_(profile) {}

  LocationId FrameOf(const Sample& sample, const std::string& key) {
    std::string values;
    for (const Label& label : sample.labels) {
      if (label.key == key) values += (values.empty() ? "" : ",") + LabelText(label);
    }
    if (values.empty()) values = kNoLabelValue;
    const auto [entry, is_new] =
        known_.try_emplace({key, values}, LocationId{static_cast<std::uint32_t>(profile_.locations.size())});
    if (is_new) {
      const FunctionId function{static_cast<std::uint32_t>(profile_.functions.size())};
      profile_.functions.push_back({std::move(values), std::string(kLabelMark), key, 0});
      profile_.locations.push_back({MappingId::kNone, 0, {{function, 0}}, false});
    }
    return entry->second;
  }

 private:
  Profile& profile_;
  std::map<std::pair<std::string, std::string>, LocationId> known_;  // by key and values
};

}  // namespace

Profile AddLabelFrames(Profile profile, const LabelFrames& keys) {
  if (keys.empty()) return profile;
  LabelFrameMaker maker(profile);
  std::vector<LocationId> locations;
  for (Sample& sample : profile.samples) {
    locations.clear();  // leaf first, so the keys come last to first
    for (auto key = keys.leaves.rbegin(); key != keys.leaves.rend(); ++key) {
      locations.push_back(maker.FrameOf(sample, *key));
    }
    locations.insert(locations.end(), sample.locations.begin(), sample.locations.end());
    for (auto key = keys.roots.rbegin(); key != keys.roots.rend(); ++key) {
      locations.push_back(maker.FrameOf(sample, *key));
    }
    sample.locations = locations;
  }
  return profile;
}

bool IsLabelFrame(const Function& function) { return function.system_name == kLabelMark; }

std::string LabelFrameName(const Function& function) { return function.filename + ": " + function.name; }

std::set<std::string> LabelKeys(const Profile& profile) {
  std::set<std::string> keys;
  for (const Sample& sample : profile.samples) {
    for (const Label& label : sample.labels) {
      if (keys.find(label.key) == keys.end()) keys.insert(label.key);
    }
  }
  return keys;
}

}  // namespace mqtrack::profile
