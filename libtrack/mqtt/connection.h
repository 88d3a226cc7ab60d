// A non-blocking connection to a broker, or from a client, over TCP or a unix socket, plain or TLS, with or without web
// socket. Whoever owns it waits for what events() says, with poll or epoll, and calls Advance.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libtrack/mqtt/endpoint.h"
#include "libtrack/mqtt/tls_context.h"
#include "libtrack/mqtt/web_socket.h"
#include "libtrack/support/result.h"

namespace mqtrack::mqtt {

/// Not thread-safe. Movable, not copyable; ends the connection when it is destroyed.
class Connection {
 public:
  Connection() = default;
  /// Begins to connect. `tls`: used if the endpoint is TLS; it outlives the connection. An error: no socket could be
  /// had, or the address refuses at once.
  [[nodiscard]] static support::Result<Connection> Open(const Endpoint& endpoint, TlsContext* tls = nullptr);
  /// Of a connected socket, plain TCP; owns it.
  [[nodiscard]] static Connection Adopt(int fd);
  /// Of a socket that was accepted where `listener` listens, of which the scheme counts; owns it. `tls`, of a server,
  /// as with Open.
  [[nodiscard]] static Connection Adopt(int fd, const Endpoint& listener, TlsContext* tls);
  Connection(Connection&& other) noexcept { *this = std::move(other); }
  Connection& operator=(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { Close(); }

  [[nodiscard]] int fd() const { return fd_; }
  /// POLLIN, POLLOUT as needed; the same bits mean the same to epoll. 0 when closed.
  [[nodiscard]] unsigned events() const;
  /// Moves on whatever can be moved without waiting: connecting, handshakes, bytes in both directions.
  void Advance();
  /// All handshakes below MQTT are done.
  [[nodiscard]] bool is_open() const { return phase_ == Phase::kOpen; }
  /// The peer has ended it, or it failed; what was received before is still there.
  [[nodiscard]] bool is_closed() const { return phase_ == Phase::kClosed; }
  /// Why it failed; empty if the peer ended it as it should, or it did not end.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// Queues bytes of MQTT, which may be any part of a packet, and sends what can be sent.
  void Send(std::string_view bytes);
  [[nodiscard]] std::size_t unsent_bytes() const { return out_.size() - out_at_; }
  /// What was received and nobody took; callers erase what they have read.
  [[nodiscard]] std::string& received() { return in_; }
  /// How much is held for the caller before no more is read from the peer: at first 1 MiB. Who waits for whole packets
  /// must allow for the longest that it takes. Of a peer that is gone the rest is read in any case.
  void set_most_held(std::size_t bytes) { most_held_ = bytes; }

  /// Tells the peer that nothing more will come (FIN, and before it TLS's close_notify), once all that was queued is
  /// sent, and goes on reading. What is sent afterwards is dropped.
  void Finish();
  void Close();
  /// Ends it with RST.
  void Reset();

 private:
  enum class Phase { kNone, kConnecting, kTls, kWebSocket, kOpen, kClosed };
  /// False: there is no memory for it.
  [[nodiscard]] bool UseTls(TlsContext* tls);
  void Fail(const std::string& problem);
  void AfterConnecting();
  void AfterTls();
  void Handshake();
  void Flush();
  void Receive();
  /// The peer is gone in both directions, which poll tells even of those who wait for nothing.
  [[nodiscard]] bool HasHungUp() const;
  void ShutDown();
  /// As read(2) and write(2), of TLS too: -1 and EAGAIN if nothing can be moved now.
  [[nodiscard]] ssize_t ReadSome(char* to, std::size_t size);
  [[nodiscard]] ssize_t WriteSome(const char* from, std::size_t size);
  [[nodiscard]] ssize_t TlsResult(int result);
  void Queue(std::string_view raw);

  int fd_ = -1;
  Phase phase_ = Phase::kNone;
  struct FreeSsl {
    void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  };
  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool tls_wants_write_ = false;
  bool finishes_ = false, is_shut_down_ = false;
  std::optional<WebSocket> web_socket_;
  bool is_server_ = false;
  std::string host_, path_, problem_;
  std::string in_, out_, early_;  // early: sent before the handshakes were done
  std::size_t out_at_ = 0, most_held_ = std::size_t{1} << 20;
};

}  // namespace mqtrack::mqtt
