// The frames of a profile's locations, as places in the code: a number for each distinct one. Private to the module.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// A place in the code, at whatever grain the caller's key has.
struct CodePlace {
  std::string function;  // as FrameName
  std::string file;      // may be empty
  std::string module;    // base name of the mapped file
  std::int64_t line = 0, start_line = 0;
};

/// Numbers places by a key, once per frame of a profile. Immutable after construction.
class CodeFrames {
 public:
  struct Frame {
    std::uint32_t place = 0;  // into places()
    bool inlined = false;     // into the next frame
  };
  using KeyOf = std::function<std::string(const CodePlace&)>;

  /// Places with one key have one number; the first one seen describes them.
  CodeFrames(const profile::Profile& profile, const KeyOf& key_of);

  [[nodiscard]] const std::vector<CodePlace>& places() const { return places_; }
  [[nodiscard]] std::span<const Frame> FramesOf(profile::LocationId location) const {
    const std::size_t begin = first_[Index(location)];
    return {frames_.data() + begin, first_[Index(location) + 1] - begin};
  }

 private:
  void Add(CodePlace place, bool inlined, const KeyOf& key_of);

  std::vector<CodePlace> places_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<Frame> frames_;
  std::vector<std::size_t> first_;  // of each location, into frames_; one more at the end
};

}  // namespace mqtrack::analysis
