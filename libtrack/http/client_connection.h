// One connection of the server: what has come, what is to be sent, and until when.
#pragma once

#include <chrono>
#include <string>

#include "libtrack/http/request_reader.h"
#include "libtrack/http/response.h"
#include "libtrack/support/file.h"

namespace mqtrack::http {

using Clock = std::chrono::steady_clock;

/// Used by the server's loop only.
class ClientConnection {
 public:
  enum class Stage {
    kReading,  // of the next request
    kWaiting,  // for its answer
    kWriting,
    kDraining,  // a bad request was answered: what else was sent is thrown away, since a reset would take the answer
    kClosed
  };
  ClientConnection(support::FileHandle socket, const RequestBounds& bounds)
      : socket_(std::move(socket)), reader_(bounds) {}

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] Request& request() { return reader_.request(); }
  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }
  void SetDeadline(Clock::time_point deadline) { deadline_ = deadline; }
  /// True while it is kept alive and nobody has asked anything.
  [[nodiscard]] bool IsIdle() const { return stage_ == Stage::kReading && reader_.IsIdle(); }

  /// Reads what there is. True if a request is complete; the stage is then kWaiting. A bad request is answered, and the
  /// connection closed behind the answer.
  bool Read();
  /// The answer to the request.
  void Answer(const Response& response);
  /// Sends what can be sent. True if everything is, the connection is kept alive, and a further request has already
  /// come.
  bool Write();
  void Close() { stage_ = Stage::kClosed; }

 private:
  bool Take(RequestReader::State state);

  support::FileHandle socket_;
  RequestReader reader_;
  Stage stage_ = Stage::kReading;
  std::string out_;
  std::size_t sent_ = 0;
  bool closes_after_ = false, is_bad_ = false;
  Clock::time_point deadline_{};
};

}  // namespace mqtrack::http
