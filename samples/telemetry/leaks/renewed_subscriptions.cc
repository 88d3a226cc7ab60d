// --leak=subscription: after each reconnect the service asks for replies on a fresh topic, and never gives up the old
// one. The session is kept by the broker, so the broker grows too: one subscription per reconnect on either side.
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

struct ReplyChannel {
  std::uint64_t number = 0;
  std::array<char, 2040> receive_buffer{};
};

class RenewedSubscriptions : public Leak {
 public:
  void OnConnected(MqttClient& client) override { SubscribeToReplies(client); }

 private:
  void SubscribeToReplies(MqttClient& client) {
    channels_.push_back(std::make_unique<ReplyChannel>());  // the leak: the old channel stays, here and in the broker
    channels_.back()->number = channels_.size();
    const std::string filter = "replies/" + std::to_string(getpid()) + '/' + std::to_string(channels_.size());
    if (!client.Subscribe(filter)) channels_.pop_back();
  }

  std::vector<std::unique_ptr<ReplyChannel>> channels_;
};

}  // namespace

std::unique_ptr<Leak> MakeRenewedSubscriptions() { return std::make_unique<RenewedSubscriptions>(); }

}  // namespace sample
