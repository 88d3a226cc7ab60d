// Where in a conversation a client may send a packet of each type, so that a packet with one thing wrong in it is wrong
// in nothing else.
#pragma once

#include "libtrack/hunt/script.h"

namespace mqtrack::hunt {

/// Appends what must have happened before a client sends `type`. Of CONNECT: only the connection below it.
void EnterPlaceOf(Script& script, mqtt::Type type);

/// A packet of `type` as it would be in order there. What only brokers send looks like theirs.
[[nodiscard]] mqtt::Packet UsualPacket(const Script& script, mqtt::Type type);

}  // namespace mqtrack::hunt
