#include "libtrack/mqtt/wire.h"

#include <algorithm>

namespace mqtrack::mqtt {
namespace {

constexpr std::size_t kMostText = 65'535;
constexpr unsigned kVariableBytes = 4;

}  // namespace

void PutTwo(std::string& to, std::uint32_t number) {
  to.push_back(static_cast<char>(number >> 8 & 0xff));
  to.push_back(static_cast<char>(number & 0xff));
}

void PutFour(std::string& to, std::uint32_t number) {
  PutTwo(to, number >> 16);
  PutTwo(to, number & 0xffff);
}

void PutVariable(std::string& to, std::uint32_t number) {
  number &= kMostVariable;
  do {
    const std::uint32_t low = number & 0x7f;
    number >>= 7;
    to.push_back(static_cast<char>(number == 0 ? low : low | 0x80));
  } while (number != 0);
}

void PutText(std::string& to, std::string_view text) {
  text = text.substr(0, kMostText);
  PutTwo(to, static_cast<std::uint32_t>(text.size()));
  to.append(text);
}

std::string_view WireReader::Bytes(std::size_t count) {
  if (failed_ || rest_.size() < count) {
    failed_ = true;
    return {};
  }
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t WireReader::One() {
  const std::string_view byte = Bytes(1);
  return byte.empty() ? 0 : static_cast<std::uint8_t>(byte[0]);
}

std::uint16_t WireReader::Two() {
  const std::uint32_t high = One();
  return static_cast<std::uint16_t>(high << 8 | One());
}

std::uint32_t WireReader::Four() {
  const std::uint32_t high = Two();
  return high << 16 | Two();
}

std::uint32_t WireReader::Variable() {
  std::uint32_t number = 0;
  for (unsigned i = 0; i < kVariableBytes; ++i) {
    const std::uint32_t byte = One();
    number |= (byte & 0x7f) << (7 * i);
    if (failed_) return 0;
    if ((byte & 0x80) != 0) continue;
    failed_ = i != 0 && byte == 0;  // written longer than it needs to be: forbidden
    return failed_ ? 0 : number;
  }
  failed_ = true;
  return 0;
}

std::string_view WireReader::Text() {
  const std::size_t size = Two();
  return Bytes(size);
}

}  // namespace mqtrack::mqtt
