// What a broker has to remember of clients that wanted to be remembered: that they exist, their subscriptions, and the
// messages that came while they were away, which are sent when they come back and dropped when they are acknowledged.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kAtOnce = 100;
struct Queued {
  std::string topic, payload;
  std::uint16_t id = 0;  // 0: not sent yet
};
struct Session {
  std::set<std::string, std::less<>> filters;
  std::deque<Queued> queue;
  Client* client = nullptr;
};
std::map<std::string, Session, std::less<>> sessions;

[[gnu::noinline]] Session& KeepSession(const std::string& id) { return sessions[id]; }
[[gnu::noinline]] void AddSubscription(Session& session, std::string_view filter) { session.filters.emplace(filter); }
[[gnu::noinline]] void QueueForOfflineClient(Session& session, const Message& message) {
  session.queue.push_back({std::string(message.topic), std::string(message.payload)});
}

void SendQueued(Session& session) {
  std::size_t room = kAtOnce;
  for (Queued& queued : session.queue) {
    if (room-- == 0) return;
    if (queued.id == 0) queued.id = Send(*session.client, queued.topic, queued.payload, 1);
  }
}

void OnConnect(Client& client) {
  if (client.is_clean) return;
  Session& session = KeepSession(client.id);
  session.client = &client;
  SendQueued(session);
}
void OnDisconnect(Client& client) {
  const auto found = sessions.find(client.id);
  if (found == sessions.end()) return;
  found->second.client = nullptr;
  for (Queued& queued : found->second.queue) queued.id = 0;
}
void OnSubscribe(Client& client, std::string_view filter) {
  const auto found = sessions.find(client.id);
  if (found != sessions.end()) AddSubscription(found->second, filter);
}
void OnPublish(Client&, const Message& message) {
  for (auto& [id, session] : sessions) {
    if (session.filters.find(message.topic) == session.filters.end()) continue;
    QueueForOfflineClient(session, message);
    if (session.client != nullptr) SendQueued(session);
  }
}
void OnAcknowledge(Client& client, std::uint16_t packet) {
  const auto found = sessions.find(client.id);
  if (found == sessions.end()) return;
  auto& queue = found->second.queue;
  const auto sent = std::find_if(queue.begin(), queue.end(), [&](const Queued& queued) { return queued.id == packet; });
  if (sent != queue.end()) queue.erase(sent);
}

const Case kCase("sessions", {.on_connect = OnConnect,
                              .on_publish = OnPublish,
                              .on_acknowledge = OnAcknowledge,
                              .on_subscribe = OnSubscribe,
                              .on_disconnect = OnDisconnect});

}  // namespace
}  // namespace mqtrack::verdicts
