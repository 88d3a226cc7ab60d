// What Go writes below a sample of its debug=1 text: the names of its frames, and the labels of its goroutines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/formats/text/text_profile.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Reads the '#' lines of one sample after the other and names the locations that the builder made for it.
class RemarkNames {
 public:
  /// `builder` must outlive it.
  explicit RemarkNames(TextProfileBuilder& builder) : builder_(builder) {}

  /// The lines of another sample follow.
  void Begin();
  /// "#	0x5b4310	main.leakQueue+0x50	mqtt_demo/main.go:22", or "# labels: {"client":"meter"}". Any
  /// other remark, such as the runtime.MemStats at the end, is skipped.
  void Read(std::string_view line);
  /// Leaves out of the sample's stack what Go hides from these lists, and from its protobuf too: its allocator and
  /// scheduler, which have no name here though others have.
  void End(std::vector<LocationId>& locations) const;

  /// Of the sample, sorted by key.
  [[nodiscard]] const std::vector<Label>& labels() const { return labels_; }

 private:
  void ReadLabels(std::string_view text);
  FunctionId Intern(const Function& function);

  static constexpr LocationId kNoLocation{0xffffffff};

  TextProfileBuilder& builder_;
  std::unordered_map<std::string, FunctionId> functions_;
  bool named_in_sample_ = false;
  LocationId last_named_ = kNoLocation;
  std::vector<Label> labels_;
};

}  // namespace mqtrack::profile
