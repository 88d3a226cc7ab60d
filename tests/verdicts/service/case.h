// What a planted case is made of: a name, and hooks into the service. A case is one file, with a static Case in it and
// the function that does what the case is about. All of this runs on the service's one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace mqtrack::verdicts {

/// A client that is connected. Hooks may keep a pointer to it until on_disconnect.
struct Client {
  std::string id;
  bool is_clean = true;  // false: its session outlives the connection
  std::string will_topic, will_payload;
  int socket = -1;
  std::uint16_t last_id = 0;       // of packets that the service sends
  std::string input;               // the beginning of a packet whose end has not come yet
  std::list<std::string> pending;  // packets that the socket had no room for
};

/// A PUBLISH; the views last as long as the hook.
struct Message {
  std::string_view topic, payload;
  int qos = 0;
  bool is_retained = false;
  std::uint16_t id = 0;
};

/// Each is called once for what its name says, before an acknowledgement is sent and after a CONNACK; none
/// need be there.
struct Hooks {
  void (*on_connect)(Client&) = nullptr;
  void (*on_packet)(const Client&, std::size_t bytes) = nullptr;
  void (*on_publish)(Client&, const Message&) = nullptr;
  void (*on_release)(Client&, std::uint16_t id) = nullptr;      // PUBREL
  void (*on_acknowledge)(Client&, std::uint16_t id) = nullptr;  // PUBACK
  void (*on_subscribe)(Client&, std::string_view filter) = nullptr;
  void (*on_disconnect)(Client&) = nullptr;
  void (*on_tick)(int hour) = nullptr;  // an hour has passed, so to speak
};

class Case {
 public:
  /// Makes the case known; for static objects only.
  Case(const char* name, const Hooks& hooks);

  /// Null if there is none of this name.
  static const Case* Find(std::string_view name);

  const Hooks& hooks() const { return hooks_; }

 private:
  const char* name_;
  Hooks hooks_;
  const Case* next_;
};

/// Sends a PUBLISH; returns its packet id, 0 for QoS 0.
std::uint16_t Send(Client& client, std::string_view topic, std::string_view payload, int qos);

/// A number that looks like chance and is the same in every run.
constexpr std::uint32_t Scatter(std::uint32_t number) {
  number = (number ^ (number >> 16)) * 0x45d9f3bU;
  number = (number ^ (number >> 16)) * 0x45d9f3bU;
  return number ^ (number >> 16);
}

}  // namespace mqtrack::verdicts
