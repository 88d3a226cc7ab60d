// The client's side of a web socket (RFC 6455), as far as MQTT needs it: a handshake that asks for the protocol "mqtt",
// and binary frames. Bytes go in and out; sockets are nobody's business here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::mqtt {

class WebSocket {
 public:
  /// What a client sends first.
  [[nodiscard]] static std::string Request(const std::string& host, const std::string& path);

  /// `bytes` as one binary frame, masked as clients must.
  [[nodiscard]] static std::string Frame(std::string_view bytes);

  /// Takes what came from the peer, and appends what it says to `to`, and what has to be sent back, such as pongs, to
  /// `answers`. An error if it is no web socket, refuses, or sends frames above a limit.
  [[nodiscard]] support::Status Take(std::string_view bytes, std::string& to, std::string& answers);

  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] bool is_closed() const { return closed_; }  // the peer has said so

 private:
  [[nodiscard]] support::Status TakeHandshake();
  /// One frame off the front of `held_`; false if it is not complete.
  [[nodiscard]] support::Result<bool> TakeFrame(std::string& to, std::string& answers);

  std::string held_;
  bool open_ = false, closed_ = false;
};

}  // namespace mqtrack::mqtt
