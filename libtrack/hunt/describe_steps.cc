#include "libtrack/hunt/describe_steps.h"

#include "libtrack/support/byte_text.h"

namespace mqtrack::hunt {
namespace {

constexpr std::size_t kMostShown = 512;

std::string Hex(const std::string& bytes) {
  const std::string text = support::EncodeHex(std::string_view(bytes).substr(0, kMostShown));
  return bytes.size() > kMostShown ? text + "… (" + std::to_string(bytes.size()) + " bytes)" : text;
}

std::string Words(const Step& step) {
  switch (step.what) {
    case Step::Do::kOpen:
      return std::string("connects: ") + DoorName(step.door);
    case Step::Do::kSend:
      return "sends " + Hex(step.bytes);
    case Step::Do::kExpect:
      return std::string("waits for ") + mqtt::TypeName(step.expects);
    case Step::Do::kSettle:
      return "sends PINGREQ, and waits for PINGRESP or the end of the connection";
    case Step::Do::kAnswer:
      return std::string("answers with ") + mqtt::TypeName(step.expects);
    case Step::Do::kClosed:
      return "waits until the broker ends the connection";
    case Step::Do::kSync:
      return "waits until the broker has read that";
    case Step::Do::kFinish:
      return "ends the connection (FIN), and waits until the broker has";
    case Step::Do::kReset:
      return "ends the connection (RST)";
  }
  return {};
}

}  // namespace

std::string DescribeSteps(const Operation& operation) {
  std::string text = operation.name + "\n";
  for (std::size_t i = 0; i < operation.steps.size(); ++i) {
    const Step& step = operation.steps[i];
    text += std::to_string(i + 1) + "  client " + std::to_string(step.peer) + "  " + Words(step) + "\n";
  }
  return text;
}

}  // namespace mqtrack::hunt
