// One client of a load: its connection, what it waits for, and what it answers by itself.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "libtrack/mqtt/connection.h"
#include "libtrack/stress/scenario.h"
#include "libtrack/stress/stress_result.h"

namespace mqtrack::stress {

/// Nanoseconds of a clock that only goes forward.
[[nodiscard]] std::int64_t Now();

/// Not thread-safe. Everything that it measures goes to the stage that is under way.
class LoadClient {
 public:
  LoadClient(const Group& group, std::int64_t number);

  /// Each begins something that was meant to happen at `meant`, and is counted in `stage`: at once as dropped, or
  /// later, in OnReady, as done or failed.
  void Connect(const mqtt::Endpoint& endpoint, mqtt::TlsContext* tls, std::int64_t meant, StageResult& stage);
  void Subscribe(const std::string& filter, bool is_unsubscribe, std::int64_t meant, StageResult& stage);
  void Publish(bool retain, bool clears, std::int64_t meant, StageResult& stage);
  void Disconnect(StageResult& stage);
  void Drop(StageResult& stage);

  /// Sends PINGREQ if nothing was sent for half of what the client has told the broker to wait. Asked for often.
  void KeepAlive(std::int64_t now);
  /// After epoll said so: moves bytes, counts what came.
  void OnReady(StageResult& stage);
  [[nodiscard]] const mqtt::Connection& connection() const { return connection_; }
  [[nodiscard]] bool is_connected() const { return state_ == State::kConnected; }
  /// Begun and not answered.
  [[nodiscard]] std::size_t unanswered() const { return pending_.size(); }
  /// What is unanswered has failed.
  void GiveUp(StageResult& stage);
  /// For the loop that waits: what it was last told to wait for.
  unsigned watched_events = 0;
  int watched_fd = -1;

 private:
  enum class State : std::uint8_t { kNone, kConnecting, kConnected, kLeaving };
  struct Pending {
    std::uint16_t packet_id = 0;  // 0: CONNECT
    std::int64_t meant = 0;
    bool was_alone = false;  // nothing else was unanswered when it was meant
  };
  void Begin(std::uint16_t packet_id, std::int64_t meant);
  void Answered(std::uint16_t packet_id, bool is_good, StageResult& stage);
  void Take(const mqtt::Packet& packet, StageResult& stage);
  void TakeMessage(const mqtt::Packet& packet, StageResult& stage);
  void Send(const mqtt::Packet& packet);
  void SendId(mqtt::Type type, std::uint16_t packet_id);
  [[nodiscard]] std::string Filled(std::string text) const;
  void End(StageResult& stage);

  const Group& group_;
  std::int64_t number_, messages_ = 0;
  std::int64_t last_answer_ = 0, last_sent_ = 0;
  State state_ = State::kNone;
  std::uint16_t next_id_ = 0;
  mqtt::Connection connection_;
  std::deque<Pending> pending_;
};

}  // namespace mqtrack::stress
