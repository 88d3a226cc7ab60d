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
  explicit RenewedSubscriptions(bool repaired) : repaired_(repaired) {}
  void OnConnected(MqttClient& client) override { SubscribeToReplies(client); }

 private:
  void SubscribeToReplies(MqttClient& client) {
    if (repaired_ && !channels_.empty()) {  // the repair: who asks anew gives up what was asked before
      if (!client.Unsubscribe(FilterOf(channels_.back()->number))) return;
      channels_.pop_back();
    }
    channels_.push_back(std::make_unique<ReplyChannel>());  // the leak: the old channel stays, here and in the broker
    channels_.back()->number = ++subscribed_;
    if (!client.Subscribe(FilterOf(subscribed_))) channels_.pop_back();
  }
  static std::string FilterOf(std::uint64_t number) {
    return "replies/" + std::to_string(getpid()) + '/' + std::to_string(number);
  }

  const bool repaired_;
  std::uint64_t subscribed_ = 0;
  std::vector<std::unique_ptr<ReplyChannel>> channels_;
};

}  // namespace

std::unique_ptr<Leak> MakeRenewedSubscriptions(bool repaired) {
  return std::make_unique<RenewedSubscriptions>(repaired);
}

}  // namespace sample
