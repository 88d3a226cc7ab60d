// The stacks of a profile, or of a comparison, in the form every picture starts from: interned frames, root first, with
// the values before and now. Built once per picture; plain data, not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::reports {

/// Index into StackSet::frames.
enum class FrameId : std::uint32_t {};
constexpr std::uint32_t Index(FrameId id) { return static_cast<std::uint32_t>(id); }

/// A function as pictures tell functions apart: by name and the file's base name, so that a rebuilt program, or one
/// loaded elsewhere, matches its older self. All text is clean (CleanText).
struct FrameText {
  std::string name = {};    // full; "mosquitto+0x2a40" where there is no symbol
  std::string file = {};    // base name; may be empty
  std::string module = {};  // base name of the mapped file; may be empty
  bool inlined = false;
  bool wrapper = false;
  bool label = false;  // not a function but the value of a label (profile::AddLabelFrames)
};

/// Sums that stop at the ends of the range: the values come from files, and a hostile one may hold any number.
[[nodiscard]] inline std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}
[[nodiscard]] inline std::int64_t Negated(std::int64_t a) {
  return a == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -a;
}
[[nodiscard]] inline std::int64_t Magnitude(std::int64_t a) { return a < 0 ? Negated(a) : a; }

/// Before and now; of a single profile base is 0.
struct PairedValue {
  std::int64_t base = 0, value = 0;
  [[nodiscard]] std::int64_t growth() const { return SaturatingAdd(value, Negated(base)); }
  PairedValue& operator+=(const PairedValue& other) {
    base = SaturatingAdd(base, other.base);
    value = SaturatingAdd(value, other.value);
    return *this;
  }
};

/// One sample. Its frames are StackSet::frame_ids[begin, begin + length), root first.
struct PicturedStack {
  std::size_t begin = 0;
  std::uint32_t length = 0;
  std::uint32_t tail = 0;    // how many leaf-ward frames lie below the culprit, all of them wrappers
  std::uint32_t sample = 0;  // index in its profile
  PairedValue value, objects;
};

struct StackSet {
  std::vector<FrameText> frames;
  std::vector<FrameId> frame_ids;
  std::vector<std::int64_t> lines;  // parallel to frame_ids; 0 unknown
  std::vector<PicturedStack> stacks;
  profile::ValueType value_type;
  bool has_objects = false;
  bool is_of_holders = false;  // the stacks say who holds things (profile::IsOfHolders); modules are roles of frames
  bool is_diff = false;  // compared, or a profile that already holds differences (negative values)
  bool has_base = false;
  PairedValue total, objects_total;
};

/// Collects one sample type. `base` null: of one profile. Fails if the sample type is not there.
[[nodiscard]] support::Result<StackSet> CollectStacks(const profile::Profile& profile, const profile::Profile* base,
                                                      const analysis::WrapperList& wrappers,
                                                      const std::string& sample_type);

}  // namespace mqtrack::reports
