// What the hooks of MQTT client libraries share. The real function runs outside of any guard: what the library
// allocates is recorded like all else. Only the bookkeeping afterwards is the recorder's own.
#pragma once

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/typed_function.h"
#include "preload/recorder/packets/mqtt_clients.h"
#include "preload/recorder/sync/errno_keeper.h"

namespace mqtrack::hooks {

/// One piece of bookkeeping: Do(what) calls `what(clients, caller)` if MQTT clients are recorded here.
class MqttScope {
 public:
  explicit MqttScope(recorder::StartFrame frame) : frame_(frame) {}

  template <typename What>
  void Do(What what) const {
    HookScope hook(frame_);
    if (!recorder::recorder.Records(log::Kind::kMqttClient) || !hook.EntersRecorder()) return;
    const recorder::ErrnoKeeper keep_errno;
    what(recorder::mqtt_clients, frame_);
  }

  /// Subscribes to `count` filters by `call`, which returns whatever `succeeded` understands. The subscriptions are
  /// noted first, so that a function of the library that calls another one leaves the outer caller's stack; those that
  /// are new are taken back if the call fails.
  template <typename Call, typename Succeeded>
  auto Subscribe(const void* client, const char* const* filters, int count, Call call, Succeeded succeeded) const {
    constexpr int kNoted = 64;  // further filters of one call stay noted should it fail
    bool is_new[kNoted] = {};
    Do([&](recorder::MqttClients& clients, recorder::StartFrame caller) {
      for (int i = 0; i < count; ++i) {
        const bool fresh = filters[i] != nullptr && clients.Subscribes(client, filters[i], caller);
        if (i < kNoted) is_new[i] = fresh;
      }
    });
    auto result = call();
    if (succeeded(result)) return result;
    Do([&](recorder::MqttClients& clients, recorder::StartFrame) {
      for (int i = 0; i < count && i < kNoted; ++i) {
        if (is_new[i]) clients.Unsubscribed(client, filters[i]);
      }
    });
    return result;
  }

  /// Unsubscribes likewise: what has succeeded is forgotten.
  template <typename Call, typename Succeeded>
  auto Unsubscribe(const void* client, const char* const* filters, int count, Call call, Succeeded succeeded) const {
    auto result = call();
    if (!succeeded(result)) return result;
    Do([&](recorder::MqttClients& clients, recorder::StartFrame) {
      for (int i = 0; i < count; ++i) {
        if (filters[i] != nullptr) clients.Unsubscribed(client, filters[i]);
      }
    });
    return result;
  }

 private:
  recorder::StartFrame frame_;
};

}  // namespace mqtrack::hooks
