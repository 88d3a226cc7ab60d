#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

const char* DoorName(Door door) {
  constexpr const char* kNames[] = {"plain",
                                    "tls",
                                    "tls, session kept by the server",
                                    "tls, resumed",
                                    "tls, no common cipher",
                                    "tls listener, no tls",
                                    "tls with a client's certificate",
                                    "tls without the certificate that is wanted",
                                    "web socket",
                                    "web socket listener, no handshake",
                                    "unix socket",
                                    "listener for one client"};
  static_assert(sizeof kNames / sizeof kNames[0] == static_cast<std::size_t>(Door::kCount));
  return kNames[static_cast<std::size_t>(door)];
}

}  // namespace mqtrack::hunt
