#include "libtrack/mqtt/packet.h"

#include "libtrack/log/packet_types.h"

namespace mqtrack::mqtt {

const char* VersionName(Version version) {
  if (version == Version::k31) return "3.1";
  return version == Version::k311 ? "3.1.1" : "5";
}

const char* TypeName(Type type) { return log::kPacketNames[static_cast<std::size_t>(type) % log::kPacketTypes]; }

}  // namespace mqtrack::mqtt
