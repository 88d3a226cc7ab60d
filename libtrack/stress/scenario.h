// What a load does, as data: groups of clients, and stages, each of which begins when the one before has ended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/mqtt/packet.h"
#include "libtrack/support/result.h"

namespace mqtrack::stress {

/// Clients that are alike. In topics "{client}" is a client's number, "{n}" that of the message.
struct Group {
  std::string name;
  std::int64_t clients = 1;
  mqtt::Version version = mqtt::Version::k311;
  bool clean = true;
  std::int64_t session_expiry = 0;  // MQTT 5, in seconds
  std::int64_t keep_alive = 60;
  std::int64_t qos = 0;
  std::string topic = "stress/{client}";
  std::int64_t payload = 64;  // bytes, at least 24: when it was meant to be sent stands in them
  bool will = false;          // on the topic, with "/will"
  std::int64_t same_id = 1;   // so many clients share one id, and take each other over
  bool reads = true;          // false: reads nothing after CONNACK
  bool answers = true;        // false: leaves messages and handshakes unanswered
};

enum class Action : std::uint8_t {
  kConnect,
  kSubscribe,
  kUnsubscribe,
  kPublish,
  kClear,
  kDisconnect,
  kDrop,
  kReconnect,
  kWait
};
[[nodiscard]] const char* ActionName(Action action);

/// One action for each client of the group, spread over `over` seconds; of kPublish and kReconnect `rate` a second of
/// all clients together for `seconds`.
struct Stage {
  std::string name;
  Action action = Action::kWait;
  std::size_t group = 0;
  double over = 0, rate = 0, seconds = 0;
  std::string filter;       // kSubscribe, kUnsubscribe; empty: the group's topic
  bool retain = false;      // kPublish
  bool unfinished = false;  // kConnect …: does not wait for answers
};

struct Scenario {
  std::string name;
  std::uint64_t seed = 1;  // of the order of clients
  std::vector<Group> groups;
  std::vector<Stage> stages;
};

/// Reads a scenario (docs/stress.md). Unknown keys and values out of range are errors that name them; `where` names the
/// text.
[[nodiscard]] support::Result<Scenario> ParseScenario(std::string_view json, const std::string& where);

}  // namespace mqtrack::stress
