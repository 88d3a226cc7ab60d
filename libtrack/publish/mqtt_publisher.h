// A connection to a broker that holds retained messages below one topic, and says by itself when it is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "libtrack/publish/mqtt_client.h"
#include "libtrack/support/backoff.h"
#include "libtrack/support/result.h"

namespace mqtrack::publish {

struct MqttOptions : MqttAccess {
  std::string machine;  // names its topics, and its client
};

/// On the thread that makes it only. Topics are PREFIX/MACHINE/LEVEL…; PREFIX/MACHINE/status is "online" while it is
/// connected and "offline" by its last will, both retained.
class MqttPublisher {
 public:
  /// Of the connection: none was tried to the end yet; there is one; the broker answered and will not have this client;
  /// it cannot be reached, or has gone away. The last two are tried again.
  enum class State { kNew, kConnected, kRefused, kAway };

  [[nodiscard]] static support::Result<std::unique_ptr<MqttPublisher>> Make(const MqttOptions& options);
  ~MqttPublisher() = default;
  MqttPublisher(const MqttPublisher&) = delete;
  MqttPublisher& operator=(const MqttPublisher&) = delete;

  /// What a topic shall hold from now on; empty text takes it away. It is sent when that is possible, and again after
  /// each new connection. Only the newest text of each topic is kept.
  void Set(const std::string& level, std::string text);
  /// Connects where that is due, sends, receives; returns after `wait` at the latest, or when something happened.
  void Run(std::chrono::milliseconds wait);
  /// True if the broker has confirmed everything that was set.
  [[nodiscard]] bool IsAllSent() const;
  [[nodiscard]] State state() const { return state_; }
  /// What is wrong with the connection, in words for the user; empty while there is one.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Says "offline" and leaves, within `wait`.
  void Leave(std::chrono::milliseconds wait);

 private:
  struct Topic {
    std::string text;
    bool is_sent = false;
    int waits_for = 0;  // id of the message that is to be confirmed; 0: none
  };

  MqttPublisher(const MqttOptions& options, MqttClient client);
  static void OnConnect(mosquitto* client, void* self, int code);
  static void OnDisconnect(mosquitto* client, void* self, int code);
  static void OnPublish(mosquitto* client, void* self, int message);
  void Connect();
  void Lost(State state, const std::string& why);
  [[nodiscard]] bool IsConnected() const { return state_ == State::kConnected; }
  void SendWhatIsDue();

  MqttOptions options_;
  MqttClient client_;
  std::string base_;  // PREFIX/MACHINE/
  std::map<std::string, Topic> topics_;
  State state_ = State::kNew;
  std::string problem_ = "not connected yet";
  bool is_trying_ = false;
  std::chrono::steady_clock::time_point next_try_{}, tried_at_{};
  support::Backoff backoff_{std::chrono::seconds(1), std::chrono::seconds(60)};
};

}  // namespace mqtrack::publish
