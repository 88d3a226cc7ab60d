#include "libtrack/mqtt/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mqtrack::mqtt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::size_t kPiece = 16'384;
constexpr std::size_t kMuchSent = 65'536;
constexpr char kNoTls[] = "TLS could not be set up";

void SendAtOnce(int fd) {
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // of a unix socket: fails, and is not needed
}

}  // namespace

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this == &other) return *this;
  Close();
  fd_ = std::exchange(other.fd_, -1);
  phase_ = std::exchange(other.phase_, Phase::kNone);
  ssl_ = std::move(other.ssl_);
  tls_wants_write_ = other.tls_wants_write_;
  finishes_ = std::exchange(other.finishes_, false), is_shut_down_ = std::exchange(other.is_shut_down_, false);
  web_socket_ = std::move(other.web_socket_), is_server_ = other.is_server_;
  host_ = std::move(other.host_), path_ = std::move(other.path_), problem_ = std::move(other.problem_);
  in_ = std::move(other.in_), out_ = std::move(other.out_), early_ = std::move(other.early_);
  out_at_ = other.out_at_, most_held_ = other.most_held_;
  return *this;
}

Result<Connection> Connection::Open(const Endpoint& endpoint, TlsContext* tls) {
  Connection made;
  made.fd_ = ::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made.fd_ < 0) return Error{ErrorCode::kSystem, std::string("no socket: ") + std::strerror(errno), endpoint.text};
  SendAtOnce(made.fd_);
  if (endpoint.tls) {
    if (!made.UseTls(tls)) return Error{ErrorCode::kSystem, kNoTls, endpoint.text};
    // SSL_set_tlsext_host_name, without the old cast in that macro.
    ::SSL_ctrl(made.ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(endpoint.host.c_str()));
  }
  if (endpoint.web_socket) made.web_socket_.emplace();
  made.host_ = endpoint.host + ":" + std::to_string(endpoint.port);
  made.path_ = endpoint.path;
  made.phase_ = Phase::kConnecting;
  const int done = ::connect(made.fd_, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.address_bytes);
  if (done == 0) {
    made.AfterConnecting();
  } else if (errno != EINPROGRESS && errno != EAGAIN) {
    return Error{ErrorCode::kSystem, std::string("cannot connect: ") + std::strerror(errno), endpoint.text};
  }
  return made;
}

Connection Connection::Adopt(int fd) {
  Connection made;
  made.fd_ = fd;
  made.phase_ = Phase::kOpen;
  SendAtOnce(fd);
  return made;
}

Connection Connection::Adopt(int fd, const Endpoint& listener, TlsContext* tls) {
  Connection made;
  made.fd_ = fd;
  made.phase_ = Phase::kConnecting;
  SendAtOnce(fd);
  if (listener.web_socket) made.web_socket_.emplace(WebSocket::Side::kServer);
  made.is_server_ = true;
  if (listener.tls && !made.UseTls(tls)) {
    made.Fail(kNoTls);
  } else {
    made.AfterConnecting();
  }
  return made;
}

bool Connection::UseTls(TlsContext* tls) {
  ssl_.reset(tls == nullptr ? nullptr : tls->NewConnection());
  return ssl_ && ::SSL_set_fd(ssl_.get(), fd_) == 1;
}

unsigned Connection::events() const {
  unsigned wanted = 0;
  switch (phase_) {
    case Phase::kNone:
    case Phase::kClosed:
      return 0;
    case Phase::kConnecting:
      return POLLOUT;
    default:
      break;
  }
  if (in_.size() < most_held_) wanted |= POLLIN;
  if (unsent_bytes() != 0 || tls_wants_write_) wanted |= POLLOUT;
  return wanted;
}

void Connection::Fail(const std::string& problem) {
  if (phase_ == Phase::kClosed) return;
  problem_ = problem;
  phase_ = Phase::kClosed;
}

void Connection::AfterConnecting() {
  phase_ = ssl_ ? Phase::kTls : Phase::kWebSocket;
  if (ssl_)
    Handshake();
  else
    AfterTls();
}

void Connection::AfterTls() {
  phase_ = web_socket_ ? Phase::kWebSocket : Phase::kOpen;
  if (web_socket_ && is_server_) return;  // the client speaks first
  if (web_socket_)
    Queue(WebSocket::Request(host_, path_));
  else
    Queue(std::exchange(early_, {}));
}

void Connection::Handshake() {
  ::ERR_clear_error();
  const int done = ::SSL_do_handshake(ssl_.get());
  if (done == 1) {
    tls_wants_write_ = false;
    AfterTls();
  } else if (TlsResult(done) < 0 && errno == EAGAIN) {
    return;
  } else {
    Fail(TlsProblem());
  }
}

ssize_t Connection::TlsResult(int result) {
  if (result > 0) return result;
  const int error = ::SSL_get_error(ssl_.get(), result);
  tls_wants_write_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    errno = EAGAIN;
    return -1;
  }
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  if (error != SSL_ERROR_SYSCALL || errno == 0 || errno == EAGAIN) errno = EPROTO;
  return -1;
}

ssize_t Connection::ReadSome(char* to, std::size_t size) {
  if (!ssl_) return ::recv(fd_, to, size, 0);
  ::ERR_clear_error();
  errno = 0;
  return TlsResult(::SSL_read(ssl_.get(), to, static_cast<int>(size)));
}

ssize_t Connection::WriteSome(const char* from, std::size_t size) {
  if (!ssl_) return ::send(fd_, from, size, MSG_NOSIGNAL);
  ::ERR_clear_error();
  errno = 0;
  const std::size_t most = std::size_t{1} << 30;
  const ssize_t done = TlsResult(::SSL_write(ssl_.get(), from, static_cast<int>(std::min(size, most))));
  return done == 0 ? -1 : done;
}

void Connection::Queue(std::string_view raw) {
  if (out_at_ == out_.size()) out_.clear(), out_at_ = 0;
  // A peer that is always a little behind must not make this grow for ever. No more is moved than was sent.
  if (out_at_ > kMuchSent && out_at_ > out_.size() / 2) out_.erase(0, std::exchange(out_at_, 0));
  out_.append(raw);
  Flush();
}

void Connection::Flush() {
  while (phase_ >= Phase::kWebSocket && phase_ <= Phase::kOpen && unsent_bytes() != 0) {
    const ssize_t done = WriteSome(out_.data() + out_at_, unsent_bytes());
    if (done > 0) {
      out_at_ += static_cast<std::size_t>(done);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return;
    // The peer may have said why before it closed: that is read first.
    out_at_ = out_.size();
    Receive();
    if (phase_ != Phase::kClosed) Fail(std::strerror(EPIPE));
    return;
  }
  if (finishes_ && phase_ == Phase::kOpen && early_.empty()) ShutDown();
}

bool Connection::HasHungUp() const {
  pollfd ready{fd_, 0, 0};
  return ::poll(&ready, 1, 0) == 1 && (ready.revents & (POLLHUP | POLLERR)) != 0;
}

void Connection::Receive() {
  char piece[kPiece];
  // What the kernel still holds of a peer that is gone has a bound, and nobody would wait for it.
  const bool reads_all = in_.size() >= most_held_ && HasHungUp();
  while (phase_ >= Phase::kWebSocket && phase_ <= Phase::kOpen && (reads_all || in_.size() < most_held_)) {
    const ssize_t done = ReadSome(piece, sizeof piece);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EAGAIN) return;
    if (done < 0) return Fail(std::strerror(errno));
    if (done == 0) return Fail({});
    const std::string_view bytes(piece, static_cast<std::size_t>(done));
    if (!web_socket_) {
      in_.append(bytes);
      continue;
    }
    std::string answers;
    const Status taken = web_socket_->Take(bytes, in_, answers);
    if (!taken) return Fail(taken.error().ToString());
    if (web_socket_->is_closed()) return Fail({});
    if (phase_ == Phase::kWebSocket && web_socket_->is_open()) {
      phase_ = Phase::kOpen;
      if (!early_.empty()) answers += web_socket_->Frame(std::exchange(early_, {}));
    }
    if (!answers.empty()) Queue(answers);
  }
}

void Connection::Advance() {
  if (phase_ == Phase::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    pollfd ready{fd_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) == 0) return;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return Fail(std::strerror(error));
    AfterConnecting();
  }
  if (phase_ == Phase::kTls) Handshake();
  Flush();
  Receive();
}

void Connection::Send(std::string_view bytes) {
  if (finishes_) return;
  if (phase_ == Phase::kOpen) {
    web_socket_ ? Queue(web_socket_->Frame(bytes)) : Queue(bytes);
  } else if (phase_ != Phase::kClosed && phase_ != Phase::kNone) {
    early_.append(bytes);
  }
}

void Connection::Finish() {
  if (fd_ < 0 || phase_ == Phase::kClosed || finishes_) return;
  finishes_ = true;
  if (unsent_bytes() == 0 && early_.empty()) ShutDown();
}

void Connection::ShutDown() {
  if (std::exchange(is_shut_down_, true)) return;
  if (ssl_ && phase_ >= Phase::kWebSocket) {
    ::ERR_clear_error();
    (void)::SSL_shutdown(ssl_.get());
  }
  ::shutdown(fd_, SHUT_WR);
}

void Connection::Close() {
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  phase_ = Phase::kNone;
  finishes_ = is_shut_down_ = false;
}

void Connection::Reset() {
  const linger at_once{1, 0};
  if (fd_ >= 0) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Close();
}

}  // namespace mqtrack::mqtt
