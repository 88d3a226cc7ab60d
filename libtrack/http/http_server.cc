#include "libtrack/http/http_server.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "libtrack/http/listener.h"

namespace mqtrack::http {
namespace {

using support::FileHandle;
using support::Result;

constexpr std::uint64_t kListenerId = 0, kMailboxId = 1;
constexpr std::chrono::milliseconds kCheckEvery{250};
constexpr std::chrono::seconds kDrainTime{2};

void Watch(int poll, int operation, int descriptor, std::uint64_t id, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  (void)::epoll_ctl(poll, operation, descriptor, &event);
}

}  // namespace

/// What other threads leave for the loop.
struct HttpServer::Mailbox {
  FileHandle bell;
  std::atomic<bool> is_stopping{false};
  std::mutex mutex;
  std::vector<std::pair<Id, Response>> answers;
  std::multimap<Clock::time_point, std::function<void()>> works;

  void Ring() const {
    const std::uint64_t one = 1;
    (void)!::write(bell.get(), &one, sizeof one);
  }
};

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(const ServerOptions& options, Handler handler) {
  Result<Listener> listener = OpenListener(options.address, options.port);
  if (!listener) return listener.error();
  auto mailbox = std::make_shared<Mailbox>();
  mailbox->bell = FileHandle(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  FileHandle poll(::epoll_create1(EPOLL_CLOEXEC));
  if (!poll.valid() || !mailbox->bell.valid()) {
    return support::Error{support::ErrorCode::kSystem, "no descriptor is free for a server", ""};
  }
  Watch(poll.get(), EPOLL_CTL_ADD, listener->socket.get(), kListenerId, EPOLLIN);
  Watch(poll.get(), EPOLL_CTL_ADD, mailbox->bell.get(), kMailboxId, EPOLLIN);
  const std::uint16_t port = listener->port;
  return std::unique_ptr<HttpServer>(new HttpServer(options, std::move(handler), std::move(listener->socket),
                                                    std::move(poll), std::move(mailbox), port));
}

HttpServer::HttpServer(const ServerOptions& options, Handler handler, FileHandle listener, FileHandle poll,
                       std::shared_ptr<Mailbox> mailbox, std::uint16_t port)
    : options_(options),
      handler_(std::move(handler)),
      listener_(std::move(listener)),
      poll_(std::move(poll)),
      mailbox_(std::move(mailbox)),
      port_(port) {}

HttpServer::~HttpServer() = default;

void HttpServer::Stop() {
  mailbox_->is_stopping.store(true);
  mailbox_->Ring();
}

void HttpServer::At(Clock::time_point when, std::function<void()> work) {
  {
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->works.emplace(when, std::move(work));
  }
  mailbox_->Ring();
}

int HttpServer::Patience(Clock::time_point now) const {
  Clock::time_point until = next_check_;
  {
    const std::lock_guard lock(mailbox_->mutex);
    if (!mailbox_->works.empty()) until = std::min(until, mailbox_->works.begin()->first);
  }
  if (connections_.empty() && !is_paused_ && until == next_check_) until = now + std::chrono::seconds(10);
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 10'000));
}

void HttpServer::Run() {
  while (!mailbox_->is_stopping.load()) {
    epoll_event events[64];
    const int count = ::epoll_wait(poll_.get(), events, 64, Patience(Clock::now()));
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kListenerId) {
        Accept();
      } else if (events[i].data.u64 == kMailboxId) {
        std::uint64_t rings = 0;
        (void)!::read(mailbox_->bell.get(), &rings, sizeof rings);
      } else {
        Serve(events[i].data.u64, events[i].events);
      }
    }
    Deliver();
    Expire(Clock::now());
  }
  connections_.clear();
}

/// The oldest connection of which nothing is asked gives way. False if there is none.
bool HttpServer::MakeRoom() {
  for (auto& [id, connection] : connections_) {
    if (!connection.IsIdle()) continue;
    connection.Close();
    Settle(id);
    return true;
  }
  return false;
}

/// Until the next look at what has expired.
void HttpServer::PauseListening() {
  is_paused_ = true;
  Watch(poll_.get(), EPOLL_CTL_MOD, listener_.get(), kListenerId, 0);
}

void HttpServer::Accept() {
  constexpr int kMostAtOnce = 64;  // then whoever is connected has a turn
  for (int i = 0; i < kMostAtOnce; ++i) {
    FileHandle socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) {
      // Without a descriptor to spare the listener stays ready, and the loop would do nothing but ask again.
      if ((errno == EMFILE || errno == ENFILE) && !MakeRoom()) PauseListening();
      break;
    }
    if (connections_.size() >= options_.most_connections && !MakeRoom()) {
      counts_.refused.fetch_add(1);
      Response answer = ErrorResponse(503, "too many connections; come back later");
      answer.Add("Retry-After", "5");
      const std::string bytes = Serialise(answer, true, false);
      (void)!::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      continue;
    }
    const Id id = next_id_++;
    const int descriptor = socket.get();
    ClientConnection& connection = connections_.try_emplace(id, std::move(socket), options_.bounds).first->second;
    connection.SetDeadline(Clock::now() + options_.request_time);
    Watch(poll_.get(), EPOLL_CTL_ADD, descriptor, id, EPOLLIN);
  }
  counts_.connections.store(connections_.size());
}

void HttpServer::HandOver(Id id, ClientConnection& connection) {
  connection.SetDeadline(Clock::time_point::max());  // the handler's work has bounds of its own
  handler_(connection.request(), [mailbox = mailbox_, id](Response response) {
    {
      const std::lock_guard lock(mailbox->mutex);
      mailbox->answers.emplace_back(id, std::move(response));
    }
    mailbox->Ring();
  });
}

void HttpServer::Serve(Id id, std::uint32_t events) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  ClientConnection& connection = found->second;
  const bool was_idle = connection.IsIdle();
  bool has_request = false;
  if (connection.stage() == ClientConnection::Stage::kWaiting) {
    connection.Close();  // only a hang-up is watched for then
  } else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 &&
             connection.stage() != ClientConnection::Stage::kWriting) {
    has_request = connection.Read();
    if (was_idle) connection.SetDeadline(Clock::now() + options_.request_time);
  }
  if (connection.stage() == ClientConnection::Stage::kWriting) {
    if (events & (EPOLLHUP | EPOLLERR)) connection.Close();
    has_request = connection.stage() == ClientConnection::Stage::kWriting && connection.Write();
    if (connection.stage() == ClientConnection::Stage::kDraining) connection.SetDeadline(Clock::now() + kDrainTime);
  }
  if (has_request) HandOver(id, connection);
  Settle(id);
}

/// Asks the kernel for what the connection waits for next, or forgets it.
void HttpServer::Settle(Id id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  ClientConnection& connection = found->second;
  if (connection.stage() == ClientConnection::Stage::kClosed) {
    connections_.erase(found);
    counts_.connections.store(connections_.size());
    return;
  }
  if (connection.IsIdle()) connection.SetDeadline(Clock::now() + options_.idle_time);
  // While an answer is being made nothing is read, but a client that has gone is noticed.
  const std::uint32_t events = connection.stage() == ClientConnection::Stage::kWaiting   ? EPOLLRDHUP
                               : connection.stage() == ClientConnection::Stage::kWriting ? EPOLLOUT
                                                                                         : EPOLLIN;
  Watch(poll_.get(), EPOLL_CTL_MOD, connection.descriptor(), id, events);
}

void HttpServer::Deliver() {
  std::vector<std::pair<Id, Response>> answers;
  std::vector<std::function<void()>> works;
  {
    const std::lock_guard lock(mailbox_->mutex);
    answers.swap(mailbox_->answers);
    const auto due = mailbox_->works.upper_bound(Clock::now());
    for (auto work = mailbox_->works.begin(); work != due; ++work) works.push_back(std::move(work->second));
    mailbox_->works.erase(mailbox_->works.begin(), due);
  }
  for (const auto& work : works) work();
  for (const auto& [id, response] : answers) {
    const auto found = connections_.find(id);
    if (found == connections_.end() || found->second.stage() != ClientConnection::Stage::kWaiting) continue;
    found->second.Answer(response);
    found->second.SetDeadline(Clock::now() + options_.answer_time);
    if (found->second.Write()) HandOver(id, found->second);
    Settle(id);
  }
}

void HttpServer::Expire(Clock::time_point now) {
  if (now < next_check_) return;
  next_check_ = now + kCheckEvery;
  if (std::exchange(is_paused_, false)) Watch(poll_.get(), EPOLL_CTL_MOD, listener_.get(), kListenerId, EPOLLIN);
  std::vector<Id> late;
  for (const auto& [id, connection] : connections_) {
    if (connection.deadline() <= now) late.push_back(id);
  }
  for (const Id id : late) {
    ClientConnection& connection = connections_.at(id);
    if (connection.stage() == ClientConnection::Stage::kReading && !connection.IsIdle()) {
      const std::string bytes = Serialise(ErrorResponse(408, "the request did not come in time"), true, false);
      (void)!::send(connection.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    connection.Close();
    Settle(id);
  }
}

}  // namespace mqtrack::http
