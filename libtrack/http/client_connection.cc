#include "libtrack/http/client_connection.h"

#include <sys/socket.h>

#include <cerrno>

namespace mqtrack::http {

bool ClientConnection::Take(RequestReader::State state) {
  if (state == RequestReader::State::kMore) return false;
  if (state == RequestReader::State::kRequest) {
    stage_ = Stage::kWaiting;
    return true;
  }
  closes_after_ = is_bad_ = true;
  out_ = Serialise(ErrorResponse(reader_.status(), reader_.problem()), true, false);
  sent_ = 0;
  stage_ = Stage::kWriting;
  return false;
}

bool ClientConnection::Read() {
  char bytes[16384];
  const ssize_t count = ::recv(descriptor(), bytes, sizeof bytes, 0);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
    stage_ = Stage::kClosed;
    return false;
  }
  // What comes while an answer is being made stays in the kernel: the loop does not ask for it.
  return count > 0 && stage_ == Stage::kReading && Take(reader_.Feed({bytes, static_cast<std::size_t>(count)}));
}

void ClientConnection::Answer(const Response& response) {
  const Request& asked = reader_.request();
  closes_after_ = !asked.keeps_alive;
  out_ = Serialise(response, asked.method != "HEAD", asked.keeps_alive);
  sent_ = 0;
  stage_ = Stage::kWriting;
}

bool ClientConnection::Write() {
  while (sent_ < out_.size()) {
    const ssize_t count = ::send(descriptor(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) {
      stage_ = Stage::kClosed;
      return false;
    }
    sent_ += static_cast<std::size_t>(count);
  }
  out_ = {};
  sent_ = 0;
  if (closes_after_) {
    stage_ = is_bad_ ? Stage::kDraining : Stage::kClosed;
    if (is_bad_) (void)::shutdown(descriptor(), SHUT_WR);
    return false;
  }
  stage_ = Stage::kReading;
  return Take(reader_.Next());
}

}  // namespace mqtrack::http
