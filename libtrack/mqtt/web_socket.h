// Either side of a web socket (RFC 6455), as far as MQTT needs it: a handshake that asks for the protocol "mqtt", and
// binary frames. Bytes go in and out; sockets are nobody's business here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::mqtt {

class WebSocket {
 public:
  enum class Side { kClient, kServer };
  explicit WebSocket(Side side = Side::kClient) : side_(side) {}

  /// What a client sends first. A server sends nothing before it has seen that; Take has its answer.
  [[nodiscard]] static std::string Request(const std::string& host, const std::string& path);

  /// `bytes` as one binary frame, masked as clients must, and servers must not.
  [[nodiscard]] std::string Frame(std::string_view bytes) const;

  /// Takes what came from the peer, and appends what it says to `to`, and what has to be sent back, such as pongs and a
  /// server's side of the handshake, to `answers`. An error if it is no web socket, refuses, or sends frames above a
  /// limit.
  [[nodiscard]] support::Status Take(std::string_view bytes, std::string& to, std::string& answers);

  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] bool is_closed() const { return closed_; }  // the peer has said so

 private:
  [[nodiscard]] support::Status TakeHandshake(std::string& answers);
  /// `head`: the peer's, with its last line's end.
  [[nodiscard]] static support::Status ReadAnswer(const std::string& head);
  [[nodiscard]] static support::Result<std::string> AnswerTo(const std::string& head);
  /// One frame off the front of `held_`; false if it is not complete.
  [[nodiscard]] support::Result<bool> TakeFrame(std::string& to, std::string& answers);

  Side side_;
  std::string held_;
  bool open_ = false, closed_ = false;
};

}  // namespace mqtrack::mqtt
