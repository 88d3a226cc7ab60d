#include "libtrack/profile/formats/pprof_message.h"

namespace mqtrack::profile {

using protozero::data_view;
using protozero::pbf_reader;
using protozero::pbf_wire_type;

std::uint64_t Number(pbf_reader& message) {
  if (message.wire_type() != pbf_wire_type::varint) {
    throw Malformed{message.data().data(), "field " + std::to_string(message.tag()) + " should be a number"};
  }
  return message.get_uint64();
}

data_view View(pbf_reader& message) {
  if (message.wire_type() != pbf_wire_type::length_delimited) {
    throw Malformed{message.data().data(), "field " + std::to_string(message.tag()) + " should be a message or string"};
  }
  return message.get_view();
}

}  // namespace mqtrack::profile
