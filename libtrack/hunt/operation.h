// An operation: something that clients do to a broker, and undo. It is plain data, so that it can be listed, printed
// and repeated. Played again and again it must leave nothing behind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/mqtt/packet.h"

namespace mqtrack::hunt {

/// Where a peer connects to. A broker has some of them.
enum class Door : std::uint8_t {
  kPlain,
  kTls,             // as the client's TLS library likes it
  kTlsNoTickets,    // TLS 1.2, the server keeps the session
  kTlsResumed,      // offers the session of the connection before
  kTlsNoCipher,     // offers only what the server refuses
  kTlsAsPlain,      // the TLS listener, on which no TLS is spoken
  kTlsCertificate,  // the listener that wants a certificate, which is shown
  kTlsNoCertificate,
  kWebSocket,
  kWebSocketAsPlain,  // the listener of web sockets, without a handshake
  kUnix,
  kOnlyOne,  // a listener that lets one client in at a time
  kCount
};
/// "tls, resumed".
[[nodiscard]] const char* DoorName(Door door);

/// What an operation needs of the broker, besides its door.
enum Need : std::uint32_t {
  kNeedsNothing = 0,
  kNeedsPasswords = 1,  // the user "hunter" with the password "right", and no other of these words
  kNeedsAcl = 2,        // nobody may write or read below "denied/"
};

struct Step {
  enum class Do : std::uint8_t {
    kOpen,    // connects peer to door, and waits until handshakes below MQTT are done, or failed
    kSend,    // bytes
    kExpect,  // waits for a packet of type `expects`; others are passed over. Closed is no answer
    kSettle,  // asks with PINGREQ; waits for PINGRESP or the end of the connection
    kAnswer,  // sends type `expects` for the packet id of the last packet that `peer` received with one
    kClosed,  // waits until the broker ends the connection
    kSync,    // waits until the broker has read what was sent before: another client asks with PINGREQ
    kFinish,  // ends the connection, and waits until the broker has done so too
    kReset    // ends it with RST
  };
  Do what = Do::kSend;
  std::uint8_t peer = 0;
  Door door = Door::kPlain;
  mqtt::Type expects = mqtt::Type::kPingresp;
  std::uint8_t reason = 0;  // of kAnswer: not 0 is written, in MQTT 5
  std::string bytes = {};   // kRoundMark in it becomes the number of the round
};

/// Eight bytes that become eight digits, other ones in each round: names of clients and topics that are new each time.
inline constexpr char kRoundMark[] = "@@@@@@@@";

struct Operation {
  std::string name;  // "5.publish.qos2.stops-after-pubrec": version, packet, what
  mqtt::Version version = mqtt::Version::k311;
  std::vector<Step> steps;
  std::uint32_t needs = kNeedsNothing;
  /// All rounds at once, step by step: of operations whose rounds take seconds.
  bool at_once = false;
  /// What the operation leaves behind for the broker to end by a timer, within so long.
  int most_rest_ms = 0;
  std::string why_not = {};  // not empty: cannot be tried, anywhere, by this version
};

}  // namespace mqtrack::hunt
