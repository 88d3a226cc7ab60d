// Cases in which the service's part that is written in C keeps something.
#include "cases/unseen/tokens.h"
#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

void OnSubscribe(Client&, std::string_view filter) { AddToken(filter.data(), filter.size()); }
void OnPublish(Client&, const Message& message) { RememberLastTopic(message.topic.data(), message.topic.size()); }
void IntoRing(Client&, const Message& message) { PutInRing(message.payload.data(), message.payload.size()); }

const Case kTokens("tokens", {.on_subscribe = OnSubscribe});
const Case kLastTopic("last_topic", {.on_publish = OnPublish});
const Case kRing("c_ring", {.on_publish = IntoRing});

}  // namespace
}  // namespace mqtrack::verdicts
