// Two counts that stand behind the figures of a broker in BrokerFigures::of (layout.h), where there is room: who was
// there before the recorder came, and is not to be taken for new. Shared with the recorder: nothing but the C++
// library's freestanding part. A header of its own, since few need it.
#pragma once

#include <cstdint>

namespace mqtrack::log {

/// Counted ever since the log was begun.
enum class BrokerBefore : std::uint32_t {
  kKept = 10,  // sessions that the broker knew before the recorder did, and that were among the sessions then
  kLeft = 11,  // clients that were connected before an attach, and whose connections have ended
};

}  // namespace mqtrack::log
