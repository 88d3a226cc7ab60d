// A small MQTT service with one planted behaviour: `verdict_service CASE`. It listens on a free port of loopback and
// says "ready PORT PID". Lines on its standard input move its clock: "tick N" lets N hours pass, and it says "done"
// when that and all that clients had sent before is dealt with. It ends with its input.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

#include "case.h"
#include "packets.h"

namespace mqtrack::verdicts {
namespace {

constexpr int kBacklog = 128, kSendBuffer = 16 << 10;
constexpr std::uint8_t kFailed = 0x80;

class Service {
 public:
  explicit Service(const Hooks& hooks) : hooks_(hooks), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  /// The port, or 0.
  int Listen();
  /// Until the input ends.
  void Run();
  void SendBytes(Client& client, std::string bytes);

 private:
  void Watch(int descriptor, std::uint32_t events, int how = EPOLL_CTL_ADD) const;
  void AcceptClient();
  void BufferForSlowReader(Client& client, std::string bytes);
  void SendPending(Client& client);
  void Read(Client& client);
  bool Handle(Client& client, const Packet& packet);
  void Connect(Client& client, Fields fields);
  void Publish(Client& client, const Packet& packet);
  void Subscribe(Client& client, Fields fields);
  void Remove(Client& client);
  bool Obey();
  template <typename Hook, typename... Arguments>
  void Call(Hook hook, Arguments&&... arguments) {
    if (hook != nullptr) hook(std::forward<Arguments>(arguments)...);
  }

  const Hooks& hooks_;
  const int epoll_;
  int listener_ = -1, hour_ = 0;
  std::map<int, Client> clients_;
  std::array<char, 64 << 10> buffer_{};
};

Service* service = nullptr;

int Service::Listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, name, size) != 0 || listen(listener_, kBacklog) != 0 || getsockname(listener_, name, &size) != 0)
    return 0;
  Watch(listener_, EPOLLIN);
  Watch(STDIN_FILENO, EPOLLIN);
  return ntohs(address.sin_port);
}

void Service::Watch(int descriptor, std::uint32_t events, int how) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  epoll_ctl(epoll_, how, descriptor, &event);
}

void Service::Run() {
  std::array<epoll_event, 64> events;
  while (true) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == listener_) AcceptClient();
      const auto found = clients_.find(event.data.fd);
      if (found == clients_.end()) continue;
      if ((event.events & EPOLLOUT) != 0) SendPending(found->second);
      if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) Read(found->second);
    }
    // The clock moves when there is nothing else to do.
    if (count == 1 && events[0].data.fd == STDIN_FILENO && !Obey()) return;
  }
}

[[gnu::noinline]] void Service::AcceptClient() {
  const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection < 0) return;
  const int yes = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  setsockopt(connection, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  clients_[connection].socket = connection;
  Watch(connection, EPOLLIN);
}

void Service::SendBytes(Client& client, std::string bytes) {
  const ssize_t sent = client.pending.empty() ? send(client.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) : 0;
  if (sent < 0 && errno != EAGAIN) return;
  bytes.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
  if (!bytes.empty()) BufferForSlowReader(client, std::move(bytes));
}

[[gnu::noinline]] void Service::BufferForSlowReader(Client& client, std::string bytes) {
  if (client.pending.empty()) Watch(client.socket, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  client.pending.emplace_back(bytes.begin(), bytes.end());
}

void Service::SendPending(Client& client) {
  while (!client.pending.empty()) {
    std::string& bytes = client.pending.front();
    const ssize_t sent = send(client.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (!bytes.empty()) return;
    client.pending.pop_front();
  }
  Watch(client.socket, EPOLLIN, EPOLL_CTL_MOD);
}

void Service::Read(Client& client) {
  const ssize_t got = read(client.socket, buffer_.data(), buffer_.size());
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return Remove(client);
  std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
  std::string joined;
  if (!client.input.empty()) {
    joined = std::exchange(client.input, {}).append(bytes);
    bytes = joined;
  }
  for (Packet packet = FirstPacket(bytes); packet.size > 0; packet = FirstPacket(bytes)) {
    if (!Handle(client, packet)) return Remove(client);
    bytes.remove_prefix(packet.size);
  }
  client.input = bytes;
}

/// False when the client wants to go, or is not to be understood.
bool Service::Handle(Client& client, const Packet& packet) {
  Fields fields(packet.body);
  Call(hooks_.on_packet, client, packet.size);
  switch (packet.type) {
    case PacketType::kConnect:
      Connect(client, fields);
      return true;
    case PacketType::kPublish:
      Publish(client, packet);
      return true;
    case PacketType::kSubscribe:
      Subscribe(client, fields);
      return true;
    case PacketType::kPuback:
      Call(hooks_.on_acknowledge, client, fields.Number());
      return true;
    case PacketType::kPubrel: {
      const std::uint16_t id = fields.Number();
      Call(hooks_.on_release, client, id);
      SendBytes(client, ShortPacket(PacketType::kPubcomp, 0, id));
      return true;
    }
    case PacketType::kUnsubscribe:
      SendBytes(client, ShortPacket(PacketType::kUnsuback, 0, fields.Number()));
      return true;
    case PacketType::kPingreq:
      SendBytes(client, std::string("\xd0\0", 2));
      return true;
    default:
      return false;
  }
}

void Service::Connect(Client& client, Fields fields) {
  fields.String();  // the protocol's name
  fields.Byte();    // and version
  const unsigned flags = fields.Byte();
  fields.Number();  // how long it may keep silent
  client.id = fields.String();
  client.is_clean = (flags & 2) != 0;
  if ((flags & 4) != 0) {
    client.will_topic = fields.String();
    client.will_payload = fields.String();
  }
  SendBytes(client, ShortPacket(PacketType::kConnack, 0, 0));
  Call(hooks_.on_connect, client);
}

void Service::Publish(Client& client, const Packet& packet) {
  Fields fields(packet.body);
  Message message;
  message.qos = packet.flags >> 1 & 3;
  message.is_retained = (packet.flags & 1) != 0;
  message.topic = fields.String();
  if (message.qos > 0) message.id = fields.Number();
  message.payload = fields.rest();
  Call(hooks_.on_publish, client, message);
  if (message.qos > 0)
    SendBytes(client, ShortPacket(message.qos == 1 ? PacketType::kPuback : PacketType::kPubrec, 0, message.id));
}

void Service::Subscribe(Client& client, Fields fields) {
  const std::uint16_t id = fields.Number();
  const std::string_view filter = fields.String();
  const std::uint8_t qos = fields.Byte();
  Call(hooks_.on_subscribe, client, filter);
  std::string answer = ShortPacket(PacketType::kSuback, 0, id);
  answer[1] = 3;
  answer.push_back(static_cast<char>(qos <= 2 ? qos : kFailed));
  SendBytes(client, std::move(answer));
}

void Service::Remove(Client& client) {
  Call(hooks_.on_disconnect, client);
  const int connection = client.socket;
  clients_.erase(connection);
  // A case may keep another descriptor of the connection, which would go on.
  Watch(connection, 0, EPOLL_CTL_DEL);
  shutdown(connection, SHUT_RDWR);
  close(connection);
}

/// False at the end of the input.
bool Service::Obey() {
  std::array<char, 64> line{};
  const ssize_t got = read(STDIN_FILENO, line.data(), line.size() - 1);
  int hours = 0;
  if (got <= 0 || std::sscanf(line.data(), "tick %d", &hours) != 1) return false;
  while (hours-- > 0) Call(hooks_.on_tick, hour_++);
  std::puts("done");
  std::fflush(stdout);
  return true;
}

}  // namespace

std::uint16_t Send(Client& client, std::string_view topic, std::string_view payload, int qos) {
  if (qos > 0 && ++client.last_id == 0) client.last_id = 1;
  const std::uint16_t id = qos > 0 ? client.last_id : std::uint16_t{0};
  service->SendBytes(client, PublishPacket(topic, payload, qos, id));
  return id;
}

}  // namespace mqtrack::verdicts

int main(int argc, char** argv) {
  const auto* const chosen = argc == 2 ? mqtrack::verdicts::Case::Find(argv[1]) : nullptr;
  if (chosen == nullptr) {
    std::fprintf(stderr, "usage: verdict_service CASE; no case is called %s\n", argc > 1 ? argv[1] : "nothing");
    return 2;
  }
  mqtrack::verdicts::Service service(chosen->hooks());
  mqtrack::verdicts::service = &service;
  const int port = service.Listen();
  if (port == 0) {
    std::perror("verdict_service: cannot listen");
    return 1;
  }
  std::printf("ready %d %d\n", port, static_cast<int>(getpid()));
  std::fflush(stdout);
  service.Run();
  return 0;
}
