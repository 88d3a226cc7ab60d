// Reason codes of MQTT 5 (section 2.4) in every packet by which a client can give one, whether it may or not.
#include "libtrack/hunt/catalogue/reason_operations.h"

#include <string>

#include "libtrack/hunt/catalogue/chapter.h"
#include "libtrack/hunt/catalogue/in_place.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Type;
using mqtt::Version;

/// Each code that the specification has, one that it has not, and the largest.
constexpr std::uint8_t kReasons[] = {0x00, 0x01, 0x02, 0x04, 0x05, 0x10, 0x11, 0x18, 0x19, 0x80, 0x81, 0x82,
                                     0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e,
                                     0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
                                     0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2, 0xff};

std::string Hex(unsigned number) {
  constexpr char kDigits[] = "0123456789abcdef";
  return std::string("0x") + kDigits[number >> 4] + kDigits[number & 15];
}

}  // namespace

void AddReasons(std::vector<Operation>& to) {
  for (const Type type :
       {Type::kPuback, Type::kPubrec, Type::kPubrel, Type::kPubcomp, Type::kDisconnect, Type::kAuth}) {
    const Chapter chapter("reason." + LowerCase(mqtt::TypeName(type)), Version::k5, to);
    for (const std::uint8_t reason : kReasons) {
      Script script = chapter.Begin(Hex(reason));
      mqtt::Packet packet = UsualPacket(script, type);
      packet.reason = reason;
      EnterPlaceOf(script, type);
      chapter.Add(script.Send(packet).Settle().Finish());
    }
  }
}

}  // namespace mqtrack::hunt
