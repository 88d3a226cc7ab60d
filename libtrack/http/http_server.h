// A small HTTP/1.1 server for few clients and hostile ones: one thread and epoll, so that slow clients and a thousand
// connections cost descriptors and no threads; a bound on everything that a client decides.
//
// Answers may take long and are made elsewhere: the handler gets a Respond, which any thread may call later.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libtrack/http/client_connection.h"
#include "libtrack/http/request.h"
#include "libtrack/http/response.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6
  std::uint16_t port = 0;             // 0: any that is free
  std::size_t most_connections = 200;
  std::chrono::seconds request_time{10};  // for a request to come in whole
  std::chrono::seconds idle_time{60};     // of a connection that is kept alive
  std::chrono::seconds answer_time{60};   // for an answer to be taken in whole
  RequestBounds bounds;
};

/// Since the start. Read by any thread.
struct ServerCounts {
  std::atomic<std::uint64_t> connections{0}, refused{0};
};

class HttpServer {
 public:
  using Respond = std::function<void(Response)>;
  /// Called by the loop's thread; must not block. Respond is called once, by any thread; of a client that is gone the
  /// answer is dropped.
  using Handler = std::function<void(const Request&, Respond)>;

  /// Binds and listens. A port that is in use, or an address that this machine does not have, is an error in one
  /// sentence.
  [[nodiscard]] static support::Result<std::unique_ptr<HttpServer>> Listen(const ServerOptions& options,
                                                                           Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const ServerCounts& counts() const { return counts_; }
  /// Serves until Stop is called.
  void Run();
  /// May be called from a signal handler, and by any thread.
  void Stop();
  /// Calls `work` on the loop's thread, not before `when`; by any thread. It must not block. Dropped if the server
  /// stops before.
  void At(Clock::time_point when, std::function<void()> work);

 private:
  struct Mailbox;
  using Id = std::uint64_t;

  HttpServer(const ServerOptions& options, Handler handler, support::FileHandle listener, support::FileHandle poll,
             std::shared_ptr<Mailbox> mailbox, std::uint16_t port);
  void Accept();
  bool MakeRoom();
  void PauseListening();
  void Serve(Id id, std::uint32_t events);
  void HandOver(Id id, ClientConnection& connection);
  void Deliver();
  void Settle(Id id);
  void Expire(Clock::time_point now);
  [[nodiscard]] int Patience(Clock::time_point now) const;

  ServerOptions options_;
  Handler handler_;
  support::FileHandle listener_, poll_;
  std::shared_ptr<Mailbox> mailbox_;  // outlives the server where an answer is still being made
  std::uint16_t port_;
  std::map<Id, ClientConnection> connections_;
  Id next_id_ = 2;  // 0 is the listener, 1 the mailbox
  Clock::time_point next_check_{};
  bool is_paused_ = false;  // nobody is let in, for want of descriptors
  ServerCounts counts_;
};

}  // namespace mqtrack::http
