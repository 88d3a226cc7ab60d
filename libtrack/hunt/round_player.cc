#include "libtrack/hunt/round_player.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/hunt/hunt_result.h"
#include "libtrack/hunt/script.h"
#include "libtrack/mqtt/packet_reader.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Connection;
using mqtt::Type;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

/// A broker that says nothing for so long says nothing at all.
constexpr std::chrono::seconds kPatience(15);
/// Between two looks at whether the user wants an end.
constexpr std::chrono::milliseconds kLook(200);
constexpr std::size_t kMostPacket = std::size_t{64} << 20;

/// Has the kernel confirm at once what was received. It would wait 40 ms for bytes that go the other way, and a broker
/// that leaves Nagle's algorithm on, as mosquitto does, keeps its second packet until then. The kernel forgets this
/// with time.
void ConfirmAtOnce(const Connection& connection) {
  const int yes = 1;
  ::setsockopt(connection.fd(), IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);  // of a unix socket: fails, not needed
}

/// Waits for one of `connections` to be ready. An error: the user wants an end, or none was by `deadline`, for which
/// `late` is the word.
Status PollUntil(const std::vector<Connection*>& connections, Clock::time_point deadline,
                 const std::function<bool()>& is_interrupted, const std::string& late) {
  std::vector<pollfd> ready;
  for (const Connection* one : connections) {
    ConfirmAtOnce(*one);
    ready.push_back({one->fd(), static_cast<short>(one->events()), 0});
  }
  for (;;) {
    if (is_interrupted && is_interrupted()) return Error{ErrorCode::kCannotMeasure, kInterrupted, "hunt"};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    // Also where something is ready: a broker that floods would be read for ever.
    if (left <= 0) return Error{ErrorCode::kCannotMeasure, late, "hunt"};
    if (::poll(ready.data(), ready.size(), static_cast<int>(std::min<std::int64_t>(left, kLook.count()))) > 0) break;
  }
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (ready[i].revents != 0) connections[i]->Advance();
  }
  return {};
}

bool IsUsable(const Connection& connection) { return connection.events() != 0; }

}  // namespace

Result<bool> Observer::Take(Type type) {
  std::string& received = connection_.received();
  std::size_t done = 0;
  bool found = false;
  while (!found) {
    const auto raw = mqtt::CutPacket(std::string_view(received).substr(done), kMostPacket);
    if (!raw) return raw.error();
    if (!*raw) break;
    found = (*raw)->type() == type;
    done += (*raw)->size;
  }
  received.erase(0, done);
  return found;
}

Status Observer::WaitFor(Type type) {
  const Clock::time_point deadline = Clock::now() + kPatience;
  for (;;) {
    const Result<bool> taken = Take(type);
    if (!taken) return taken.error();
    if (*taken) return {};
    if (connection_.is_closed())
      return Error{ErrorCode::kCannotMeasure,
                   "the connection of the observer ended" +
                       (connection_.problem().empty() ? std::string() : ": " + connection_.problem()),
                   "hunt"};
    const Status moved =
        PollUntil({&connection_}, deadline, is_interrupted_, "the broker has not answered the observer for 15 s");
    if (!moved) return moved;
  }
}

Status Observer::Connect() {
  if (connection_.fd() >= 0 && !connection_.is_closed()) return {};
  const DoorWay* way = doors_.Find(Door::kPlain);
  Result<Connection> opened = Connection::Open(way->endpoint, way->tls.get());
  if (!opened) return opened.error();
  connection_ = *std::move(opened);
  connection_.set_most_held(kMostPacket);
  has_asked_ = false;
  Script script("", mqtt::Version::k311);
  mqtt::Packet connect = script.ConnectPacket();
  connect.client_id = "hunt-observer";
  connection_.Send(mqtt::Write(connect, mqtt::Version::k311));
  return WaitFor(Type::kConnack);
}

Status Observer::Sync() {
  if (Status connected = Connect(); !connected) return connected;
  if (has_asked_) {
    if (Status answered = WaitFor(Type::kPingresp); !answered) return answered;
    has_asked_ = false;
  }
  connection_.Send(mqtt::Write(Script::IdPacket(Type::kPingreq, 0), mqtt::Version::k311));
  return WaitFor(Type::kPingresp);
}

Connection* Observer::Stir() {
  if (const Status connected = Connect(); !connected) return nullptr;
  const Result<bool> taken = Take(Type::kPingresp);
  if (taken && *taken) has_asked_ = false;
  if (!has_asked_) connection_.Send(mqtt::Write(Script::IdPacket(Type::kPingreq, 0), mqtt::Version::k311));
  has_asked_ = true;
  return IsUsable(connection_) ? &connection_ : nullptr;
}

void Observer::Leave() {
  if (connection_.fd() < 0) return;
  connection_.Send(mqtt::Write(Script::IdPacket(Type::kDisconnect, 0), mqtt::Version::k311));
  const Clock::time_point deadline = Clock::now() + kPatience;
  while (IsUsable(connection_) && PollUntil({&connection_}, deadline, is_interrupted_, "end")) {
  }
  connection_.Close();
}

RoundPlayer::~RoundPlayer() = default;

std::string RoundPlayer::OfRound(std::string bytes) const {
  std::string digits = std::to_string(round_ % 100'000'000);
  digits.insert(0, sizeof kRoundMark - 1 - digits.size(), '0');
  for (std::size_t at = 0; (at = bytes.find(kRoundMark, at)) != std::string::npos; at += digits.size())
    bytes.replace(at, digits.size(), digits);
  return bytes;
}

void RoundPlayer::TakePackets(Peer& peer) {
  std::string& received = peer.connection.received();
  for (;;) {
    const auto raw = mqtt::CutPacket(received, kMostPacket);
    if (!raw) {  // no MQTT: HTTP, or nonsense, which is whatever the operation asked for
      received.clear();
      return;
    }
    if (!*raw) return;
    peer.seen |= 1U << (*raw)->type_number();
    const unsigned type = (*raw)->type_number();
    const std::string_view body = (*raw)->body;
    const bool has_id = type >= 4 && type <= 11;
    std::size_t at = 0;
    if (type == 3 && body.size() >= 2)
      at = 2 + (static_cast<unsigned char>(body[0]) << 8) + static_cast<unsigned char>(body[1]);
    const bool of_publish = type == 3 && ((*raw)->first_byte & 6) != 0;
    if ((has_id || of_publish) && body.size() >= at + 2)
      peer.packet_id = static_cast<std::uint16_t>(static_cast<unsigned char>(body[at]) << 8 |
                                                  static_cast<unsigned char>(body[at + 1]));
    received.erase(0, (*raw)->size);
  }
}

Status RoundPlayer::Wait(const std::function<bool()>& done, const char* what) {
  const Clock::time_point deadline = Clock::now() + kPatience;
  for (;;) {
    for (Peer& peer : peers_) {
      if (peer.is_used) TakePackets(peer);
    }
    if (done()) return {};
    std::vector<Connection*> open;
    bool has_web_socket = false;
    for (Peer& peer : peers_) {
      if (!peer.is_used || !IsUsable(peer.connection)) continue;
      open.push_back(&peer.connection);
      has_web_socket |= peer.is_web_socket;
    }
    if (open.empty()) return Error{ErrorCode::kCannotMeasure, std::string("all connections ended before ") + what, {}};
    if (has_web_socket) {
      if (Connection* observer = observer_.Stir(); observer != nullptr) open.push_back(observer);
    }
    const std::string late = std::string("in 15 s there was no ") + what;
    if (Status moved = PollUntil(open, deadline, observer_.is_interrupted(), late); !moved) return moved;
    if (Clock::now() > deadline) return Error{ErrorCode::kCannotMeasure, late, {}};
  }
}

Status RoundPlayer::Open(const Step& step, Peer& peer) {
  const DoorWay* way = doors_.Find(step.door);
  if (way == nullptr)
    return Error{ErrorCode::kCannotMeasure, "there is no such way to this broker", DoorName(step.door)};
  Result<Connection> opened = Connection::Open(way->endpoint, way->tls.get());
  if (!opened) return opened.error();
  peer = Peer();
  peer.connection = *std::move(opened);
  peer.connection.set_most_held(kMostPacket);
  peer.is_used = true;
  peer.is_web_socket = step.door == Door::kWebSocket || step.door == Door::kWebSocketAsPlain;
  const Status waited = Wait([&] { return peer.connection.is_open() || peer.connection.is_closed(); }, "connection");
  if (!waited) return waited;
  const bool may_fail = way->endpoint.tls || way->endpoint.web_socket || step.door == Door::kOnlyOne;
  if (peer.connection.is_closed() && !may_fail)
    return Error{ErrorCode::kCannotMeasure, "cannot connect: " + peer.connection.problem(), way->endpoint.text};
  return {};
}

Status RoundPlayer::Finish(Peer& peer) {
  if (!peer.is_used) return {};
  const auto is_sent = [&] { return peer.connection.unsent_bytes() == 0 || peer.connection.is_closed(); };
  if (Status sent = Wait(is_sent, "sign that the broker reads"); !sent) return sent;
  peer.connection.Finish();
  if (!peer.connection.is_closed()) {
    const Status closed = Wait([&] { return peer.connection.is_closed(); }, "end of the connection");
    if (!closed) return closed;
  }
  peer.connection.Close();
  peer.is_used = false;
  return {};
}

Status RoundPlayer::Do(const Step& step, Peer& peer) {
  const auto has = [&peer](Type type) { return (peer.seen >> static_cast<unsigned>(type) & 1) != 0; };
  switch (step.what) {
    case Step::Do::kOpen:
      return Open(step, peer);
    case Step::Do::kSend:
      peer.connection.Send(OfRound(step.bytes));
      return {};
    case Step::Do::kExpect: {
      const auto done = [&] { return has(step.expects) || peer.connection.is_closed(); };
      if (Status waited = Wait(done, mqtt::TypeName(step.expects)); !waited) return waited;
      if (!has(step.expects))
        return Error{ErrorCode::kCannotMeasure,
                     std::string("the broker ended the connection instead of sending ") + mqtt::TypeName(step.expects),
                     {}};
      peer.seen &= ~(1U << static_cast<unsigned>(step.expects));
      return {};
    }
    case Step::Do::kSettle: {
      peer.seen &= ~(1U << static_cast<unsigned>(Type::kPingresp));
      peer.connection.Send(mqtt::Write(Script::IdPacket(Type::kPingreq, 0), operation_.version));
      return Wait([&] { return has(Type::kPingresp) || peer.connection.is_closed(); }, "PINGRESP, and no end");
    }
    case Step::Do::kAnswer:
      peer.connection.Send(
          mqtt::Write(Script::IdPacket(step.expects, peer.packet_id, step.reason), operation_.version));
      return {};
    case Step::Do::kClosed:
      return Wait([&] { return peer.connection.is_closed(); }, "end of the connection");
    case Step::Do::kSync: {
      // What is still in our own buffers is sent first. A broker that reads no more will not take it.
      for (int i = 0; i < 3 && peer.connection.unsent_bytes() != 0; ++i) peer.connection.Advance();
      return observer_.Sync();
    }
    case Step::Do::kFinish:
      return Finish(peer);
    case Step::Do::kReset:
      peer.connection.Reset();
      peer = Peer();
      return {};
  }
  return {};
}

Status RoundPlayer::DoStep(std::size_t number) {
  const Step& step = operation_.steps[number];
  Status done = Do(step, peers_[step.peer % kPeers]);
  if (done) return done;
  return Error{done.error().code,
               done.error().text + " (step " + std::to_string(number + 1) + " of " +
                   std::to_string(operation_.steps.size()) + ")",
               operation_.name};
}

Status RoundPlayer::End() {
  for (Peer& peer : peers_) {
    if (Status finished = Finish(peer); !finished) return finished;
  }
  return {};
}

Status RoundPlayer::Play() {
  for (std::size_t number = 0; number < operation_.steps.size(); ++number) {
    if (Status done = DoStep(number); !done) return done;
  }
  return End();
}

Status PlayRounds(const Doors& doors, const Operation& operation, std::int64_t rounds, std::uint64_t& next_round,
                  const std::function<bool()>& is_interrupted) {
  Observer observer(doors, is_interrupted);
  std::vector<std::unique_ptr<RoundPlayer>> players;
  for (std::int64_t i = 0; i < rounds; ++i) {
    auto player = std::make_unique<RoundPlayer>(doors, observer, operation, next_round++);
    if (operation.at_once) {
      players.push_back(std::move(player));
    } else if (Status played = player->Play(); !played) {
      return played;
    }
  }
  for (std::size_t step = 0; step < operation.steps.size(); ++step) {
    for (const auto& player : players) {
      if (Status done = player->DoStep(step); !done) return done;
    }
  }
  for (const auto& player : players) {
    if (Status ended = player->End(); !ended) return ended;
  }
  observer.Leave();
  return {};
}

}  // namespace mqtrack::hunt
