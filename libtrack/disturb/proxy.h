// Stands between clients and a broker, passes packets on, and disturbs when told to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/disturb/disturbance.h"
#include "libtrack/mqtt/connection.h"
#include "libtrack/mqtt/packet_reader.h"
#include "libtrack/mqtt/tls_context.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::disturb {

/// What clients have done so far.
struct ProxyCounts {
  std::int64_t connections = 0, connects = 0, let_in = 0;  // made; CONNECT packets sent; answered by "welcome"
};

/// Files in PEM.
struct ProxyTls {
  std::string cert_file, key_file;  // what clients are shown, where it listens with TLS
  std::string ca_file;              // whom to believe upstream; empty: whoever answers
};

/// Not thread-safe. Everything happens in Poll.
class Proxy {
 public:
  /// Either end may be with TLS, or a web socket; what passes is seen in between. Errors name the end that cannot be.
  [[nodiscard]] static support::Result<std::unique_ptr<Proxy>> Make(const mqtt::Endpoint& listen,
                                                                    const mqtt::Endpoint& upstream,
                                                                    const ProxyTls& tls = {});
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  /// The port that it listens on.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Disturbs once, when it can; ends the present connections now if the disturbance needs a new one. `disturbance`
  /// outlives it.
  void Arm(const Disturbance& disturbance);
  /// Takes it back, if it has not happened.
  void Disarm() { armed_ = nullptr; }
  /// The armed disturbance has happened.
  [[nodiscard]] bool is_spent() const { return armed_ == nullptr; }
  /// A client has a connection that is not disturbed, and has been let in by the broker; with a subscription answered
  /// or a message passed on, or for a moment.
  [[nodiscard]] bool has_recovered() const;
  [[nodiscard]] const ProxyCounts& counts() const { return counts_; }
  /// Waits at most so long for something to move, and moves it.
  void Poll(int most_ms);

 private:
  Proxy() = default;
  struct Link;
  void Accept();
  void Move(Link& link);
  /// Passes whole packets from one side on to the other.
  void Pass(Link& link, bool from_client);
  /// What becomes of one packet: true if it is passed on.
  [[nodiscard]] bool Decide(Link& link, bool from_client, const mqtt::RawPacket& raw, std::string_view bytes);
  void DisturbAt(Link& link, bool from_client, std::string_view bytes);
  /// What the client did not expect, as soon as it has a connection to hear it on.
  void SendUnexpected();
  /// One side has ended, and what it said is still on its way to the other, which has a moment to take it.
  [[nodiscard]] static bool HasLastWords(Link& link);
  void End(Link& link, bool reset);
  void Note(Link& link, bool from_client, const mqtt::RawPacket& raw);

  mqtt::Endpoint listen_, upstream_;
  std::shared_ptr<mqtt::TlsContext> listen_tls_, upstream_tls_;  // null: without
  support::FileHandle listener_;
  std::uint16_t port_ = 0;
  ProxyCounts counts_;
  const Disturbance* armed_ = nullptr;
  std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace mqtrack::disturb
