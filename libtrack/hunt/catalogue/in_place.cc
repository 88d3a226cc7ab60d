#include "libtrack/hunt/catalogue/in_place.h"

namespace mqtrack::hunt {

using mqtt::Packet;
using mqtt::Type;

void EnterPlaceOf(Script& script, Type type) {
  if (type == Type::kConnect) {
    script.Open();
    return;
  }
  script.Connect();
  switch (type) {
    case Type::kPuback:  // of the broker's first message to this client, whose packet id is 1
      script.Subscribe(RoundTopic(), 1).Send(script.PublishPacket(RoundTopic(), "m", 1)).Expect(Type::kPublish);
      break;
    case Type::kPubrec:
    case Type::kPubcomp:
      script.Subscribe(RoundTopic(), 2).Publish(RoundTopic(), "m", 2).Settle();
      if (type == Type::kPubcomp) script.Send(Script::IdPacket(Type::kPubrec, 1)).Expect(Type::kPubrel);
      break;
    case Type::kPubrel:
      script.Send(script.PublishPacket(RoundTopic(), "m", 2)).Expect(Type::kPubrec);
      break;
    case Type::kUnsubscribe:
      script.Subscribe(RoundTopic());
      break;
    default:
      break;
  }
}

Packet UsualPacket(const Script& script, Type type) {
  switch (type) {
    case Type::kConnect:
      return script.ConnectPacket();
    case Type::kPublish:
      return script.PublishPacket(RoundTopic(), "m", 1);
    case Type::kSubscribe:
      return Script::SubscribePacket(RoundTopic(), 0);
    case Type::kUnsubscribe:
      return Script::UnsubscribePacket(RoundTopic());
    case Type::kSuback:
    case Type::kUnsuback: {
      Packet packet = Script::IdPacket(type, 1);
      packet.reasons = {0};
      return packet;
    }
    default:
      return Script::IdPacket(type, 1);
  }
}

}  // namespace mqtrack::hunt
