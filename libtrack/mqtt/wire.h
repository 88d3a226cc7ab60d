// The data types of MQTT (MQTT 5, section 1.5) as bytes: integers with the high byte first, integers of variable
// length, and texts behind a length of two bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mqtrack::mqtt {

inline constexpr std::uint32_t kMostVariable = 268'435'455;  // of an integer of variable length

void PutTwo(std::string& to, std::uint32_t number);
void PutFour(std::string& to, std::uint32_t number);
/// Above kMostVariable: the lower 28 bits.
void PutVariable(std::string& to, std::uint32_t number);
/// Of a text above 65,535 bytes only so much is written.
void PutText(std::string& to, std::string_view text);

/// Takes values off the front of bytes. After the first that is not there, `failed` says so and all are 0 or empty.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes), size_(bytes.size()) {}

  [[nodiscard]] std::uint8_t One();
  [[nodiscard]] std::uint16_t Two();
  [[nodiscard]] std::uint32_t Four();
  [[nodiscard]] std::uint32_t Variable();
  [[nodiscard]] std::string_view Text();
  /// The next `count` bytes.
  [[nodiscard]] std::string_view Bytes(std::size_t count);

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool empty() const { return failed_ || rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] std::size_t offset() const { return size_ - rest_.size(); }

 private:
  std::string_view rest_;
  std::size_t size_;
  bool failed_ = false;
};

}  // namespace mqtrack::mqtt
