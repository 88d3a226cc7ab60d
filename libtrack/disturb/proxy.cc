#include "libtrack/disturb/proxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "libtrack/mqtt/packet_writer.h"

namespace mqtrack::disturb {
namespace {

using mqtt::Connection;
using mqtt::RawPacket;
using mqtt::Type;
using mqtt::Version;
using support::Result;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostPacket = std::size_t{64} << 20;
/// While so much is not sent on, no more is read.
constexpr std::size_t kMostUnsent = std::size_t{1} << 20;
/// What a side said before it ended gets so long to be sent on.
constexpr std::chrono::seconds kLastWords(1);
/// A connection that was let in and says nothing has recovered after so long.
constexpr std::chrono::milliseconds kCalm(300);

}  // namespace

struct Proxy::Link {
  Connection client, broker;
  Version version = Version::k311;
  bool is_silent = false;          // nothing is passed on any more
  Clock::time_point ends_at = {};  // of a silence
  bool reset_at_end = false;
  bool is_disturbed = false;
  bool passes_all = false;  // is no MQTT that can be followed
  bool let_in = false, has_worked = false;
  Clock::time_point let_in_at = {};
  std::optional<Clock::time_point> over_at = {};  // one side has ended
};

Proxy::~Proxy() = default;

Result<std::unique_ptr<Proxy>> Proxy::Make(const mqtt::Endpoint& listen, const mqtt::Endpoint& upstream,
                                           const ProxyTls& tls) {
  if (!listen.tls && !(tls.cert_file.empty() && tls.key_file.empty()))
    return support::Error{support::ErrorCode::kBadInput,
                          "shows no certificate (--cert, --key); clients use TLS where it is mqtts:// or wss://", listen.text};
  if (!upstream.tls && !tls.ca_file.empty())
    return support::Error{support::ErrorCode::kBadInput,
                          "shows no certificate to believe (--cafile); it is asked for one where it is mqtts:// or wss://",
                          upstream.text};
  std::unique_ptr<Proxy> made(new Proxy);
  made->listen_ = listen;
  made->upstream_ = upstream;
  if (listen.tls) {
    if (tls.cert_file.empty() || tls.key_file.empty())
      return support::Error{support::ErrorCode::kBadInput,
                            "needs a certificate and its key, in files of PEM (--cert, --key)", listen.text};
    mqtt::TlsOptions shown;
    shown.is_server = true;
    shown.cert_file = tls.cert_file, shown.key_file = tls.key_file;
    Result<std::shared_ptr<mqtt::TlsContext>> context = mqtt::TlsContext::Make(shown);
    if (!context) return context.error();
    made->listen_tls_ = *std::move(context);
  }
  if (upstream.tls) {
    mqtt::TlsOptions believed;
    believed.ca_file = tls.ca_file;
    Result<std::shared_ptr<mqtt::TlsContext>> context = mqtt::TlsContext::Make(believed);
    if (!context) return context.error();
    made->upstream_tls_ = *std::move(context);
  }
  const Result<int> fd = mqtt::ListenAt(listen);
  if (!fd) return fd.error();
  made->listener_ = support::FileHandle(*fd);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(*fd, reinterpret_cast<sockaddr*>(&address), &size);
  made->port_ = ntohs(address.sin_port);
  return made;
}

void Proxy::Arm(const Disturbance& disturbance) {
  armed_ = &disturbance;
  SendUnexpected();
  if (!disturbance.needs_new_connection()) return;
  for (const auto& link : links_) End(*link, disturbance.reset);
}

void Proxy::SendUnexpected() {
  if (armed_ == nullptr || armed_->kind != Kind::kSend) return;
  for (const auto& link : links_) {
    if (!link->let_in || link->is_disturbed) continue;
    link->client.Send(armed_->bytes);
    link->is_disturbed = link->is_silent = true;
    // Who puts up with it is disconnected a moment later, so that each round ends with a recovery.
    link->ends_at = Clock::now() + std::chrono::milliseconds(100);
    armed_ = nullptr;
    return;
  }
}

bool Proxy::has_recovered() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) {
    const bool is_ending = link->client.is_closed() || link->broker.is_closed() || link->over_at;
    if (!link->let_in || link->is_disturbed || is_ending) return false;
    return link->has_worked || Clock::now() - link->let_in_at > kCalm;
  });
}

void Proxy::Accept() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    ++counts_.connections;
    auto link = std::make_unique<Link>();
    link->client = Connection::Adopt(fd, listen_, listen_tls_.get());
    Result<Connection> broker = Connection::Open(upstream_, upstream_tls_.get());
    if (!broker) continue;  // the client sees its connection end
    link->broker = *std::move(broker);
    links_.push_back(std::move(link));
  }
}

void Proxy::End(Link& link, bool reset) {
  link.is_disturbed = true;
  reset ? link.client.Reset() : link.client.Close();
  link.broker.Close();
}

void Proxy::DisturbAt(Link& link, bool from_client, std::string_view bytes) {
  const Disturbance& what = *armed_;
  armed_ = nullptr;
  link.is_disturbed = true;
  link.is_silent = true;
  link.reset_at_end = what.reset;
  link.ends_at = Clock::now();
  Connection& to = from_client ? link.broker : link.client;
  switch (what.kind) {
    case Kind::kRefuse: {
      mqtt::Packet refusal;
      refusal.type = Type::kConnack;
      // The codes of MQTT 3 as MQTT 5 calls them: 1 to 5 are 0x84, 0x85, 0x88, 0x86 and 0x87.
      constexpr std::uint8_t kOfFive[] = {0, 0x84, 0x85, 0x88, 0x86, 0x87};
      refusal.reason = link.version == Version::k5 && what.reason <= 5 ? kOfFive[what.reason] : what.reason;
      link.client.Send(mqtt::Write(refusal, link.version));
      break;
    }
    case Kind::kClose:
      if (what.passes) to.Send(bytes);
      break;
    case Kind::kCut:
      to.Send(bytes.substr(0, bytes.size() / 2));
      break;
    case Kind::kDrop:
      link.ends_at += std::chrono::milliseconds(100);
      break;
    case Kind::kSilent:
      link.ends_at += std::chrono::milliseconds(what.ms);
      break;
    case Kind::kSend:
      link.client.Send(what.bytes);
      break;
  }
}

void Proxy::Note(Link& link, bool from_client, const RawPacket& raw) {
  if (from_client && raw.type() == Type::kConnect) {
    ++counts_.connects;
    const auto connect = mqtt::Read(raw, Version::k5);
    if (connect) link.version = connect->version;
  }
  if (!from_client && raw.type() == Type::kConnack && raw.body.size() >= 2 && raw.body[1] == 0) {
    link.let_in = true;
    ++counts_.let_in;
    link.let_in_at = Clock::now();
  }
  const bool works = raw.type() == Type::kPublish || (!from_client && raw.type() == Type::kSuback);
  if (link.let_in && works) link.has_worked = true;
}

bool Proxy::Decide(Link& link, bool from_client, const RawPacket& raw, std::string_view bytes) {
  Note(link, from_client, raw);
  if (armed_ == nullptr || armed_->kind == Kind::kSend || raw.type() != armed_->at) return true;
  DisturbAt(link, from_client, bytes);
  return false;
}

void Proxy::Pass(Link& link, bool from_client) {
  Connection& from = from_client ? link.client : link.broker;
  Connection& to = from_client ? link.broker : link.client;
  std::string& received = from.received();
  std::size_t at = 0;
  const auto is_behind = [&] { return to.unsent_bytes() > kMostUnsent && !to.is_closed(); };
  while (!link.is_silent && at < received.size() && !link.passes_all && !is_behind()) {
    const std::string_view rest = std::string_view(received).substr(at);
    const auto raw = mqtt::CutPacket(rest, kMostPacket);
    if (!raw) {
      link.passes_all = true;
      break;
    }
    if (!*raw) break;
    const std::string_view bytes = rest.substr(0, (*raw)->size);
    if (Decide(link, from_client, **raw, bytes)) to.Send(bytes);
    at += (*raw)->size;
  }
  if (link.passes_all && !link.is_silent && !is_behind()) {
    to.Send(std::string_view(received).substr(at));
    at = received.size();
  }
  if (link.is_silent) at = received.size();
  received.erase(0, at);
  from.set_most_held(is_behind() ? 0 : kMostPacket);
}

bool Proxy::HasLastWords(Link& link) {
  if (!link.over_at) link.over_at = Clock::now();
  if (Clock::now() - *link.over_at > kLastWords) return false;
  const auto is_sending = [](const Connection& to) { return !to.is_closed() && to.unsent_bytes() != 0; };
  return is_sending(link.client) || is_sending(link.broker);
}

void Proxy::Move(Link& link) {
  link.client.Advance();
  link.broker.Advance();
  Pass(link, true);
  Pass(link, false);
  const bool is_over = (link.client.is_closed() || link.broker.is_closed()) && !HasLastWords(link);
  if (link.is_silent ? Clock::now() >= link.ends_at || link.client.is_closed() : is_over) {
    link.client.Advance();
    End(link, link.is_silent && link.reset_at_end);
  }
}

void Proxy::Poll(int most_ms) {
  std::vector<pollfd> ready = {{listener_.get(), POLLIN, 0}};
  bool is_silence = false;
  for (const auto& link : links_) {
    // Of one that has ended, poll would not stop telling.
    for (const Connection* one : {&link->client, &link->broker})
      ready.push_back({one->is_closed() ? -1 : one->fd(), static_cast<short>(one->events()), 0});
    is_silence = is_silence || link->is_silent || link->over_at;
  }
  constexpr int kSilencePoll = 5;
  ::poll(ready.data(), ready.size(), is_silence ? std::min(kSilencePoll, most_ms) : most_ms);
  const std::size_t known = links_.size();
  for (std::size_t i = 0; i < known; ++i) Move(*links_[i]);
  Accept();
  SendUnexpected();
  std::erase_if(links_, [](const auto& link) { return link->client.fd() < 0; });
}

}  // namespace mqtrack::disturb
