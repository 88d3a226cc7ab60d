// Fields of a profile.proto message, of which nothing is trusted: protozero checks every length against its buffer and
// throws; what it does not check, that a field is of the type it should be, is checked here.
#pragma once

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string>

namespace mqtrack::profile {

/// Thrown while decoding, and caught by DecodePprof: where in the message what is wrong.
struct Malformed {
  const char* at;
  std::string text;
};

/// The number, or the message or string, of the current field; Malformed if it is none.
[[nodiscard]] std::uint64_t Number(protozero::pbf_reader& message);
[[nodiscard]] protozero::data_view View(protozero::pbf_reader& message);

/// A repeated integer, packed or not: both are on the wire in the wild.
template <typename Add>
void Numbers(protozero::pbf_reader& message, Add add) {
  if (message.wire_type() != protozero::pbf_wire_type::length_delimited) {
    add(Number(message));
    return;
  }
  const protozero::data_view packed = message.get_view();
  const char* data = packed.data();
  const char* const end = data + packed.size();
  while (data != end) add(protozero::decode_varint(&data, end));
}

}  // namespace mqtrack::profile
